"""The fixtures for Redis and the databases; services run per session, their data per test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from anthyx_server import db, redis_link
from tests.support.postgres import PostgresServer, throwaway_postgres
from tests.support.redis import RedisServer, throwaway_redis


@pytest.fixture(scope="session")
def _redis_of_session() -> Iterator[RedisServer]:
    with throwaway_redis() as server:
        yield server


@pytest.fixture
def redis_server(_redis_of_session: RedisServer) -> Iterator[RedisServer]:
    """An empty, running Redis, which the test may stop, kill, pause or flush."""
    _redis_of_session.restore()
    yield _redis_of_session
    _redis_of_session.resume()


@pytest.fixture(autouse=True)
def redis_patience() -> Iterator[pytest.MonkeyPatch]:
    """Calls to Redis wait for 2 s: a busy machine may give it no processor for 0.25 s.

    What an outage costs a request is measured with `real_redis_timeout`.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(redis_link, "TIMEOUT_SECONDS", 2.0)
        yield patch


@pytest.fixture
def real_redis_timeout(redis_patience: pytest.MonkeyPatch) -> None:
    """Calls to Redis wait as long as in the product; to be named before what opens the link."""
    redis_patience.undo()


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """The URL of an empty Redis."""
    return redis_server.url


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server to create databases in."""
    with throwaway_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def _postgres_template(postgres_server: PostgresServer) -> Iterator[str]:
    template = postgres_server.create_database()
    db.upgrade(template)
    yield template
    postgres_server.drop_database(template)


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    template = tmp_path_factory.mktemp("template") / "anthyx.db"
    db.upgrade(f"sqlite:///{template}")
    return template


@pytest.fixture(scope="module")
def module_sqlite_url(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """As `sqlite_url`, shared by the tests of a file."""
    return f"sqlite:///{shutil.copy(_sqlite_template, tmp_path_factory.mktemp('shared'))}"


@pytest.fixture(scope="module")
def module_postgresql_url(
    postgres_server: PostgresServer, _postgres_template: str
) -> Iterator[str]:
    """As `postgresql_url`, shared by the tests of a file."""
    yield from _copy_of(postgres_server, _postgres_template)


@pytest.fixture
def sqlite_url(_sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated, empty SQLite database."""
    return f"sqlite:///{shutil.copy(_sqlite_template, tmp_path / 'anthyx.db')}"


@pytest.fixture
def postgresql_url(postgres_server: PostgresServer, _postgres_template: str) -> Iterator[str]:
    """A migrated, empty PostgreSQL database."""
    yield from _copy_of(postgres_server, _postgres_template)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated, empty database; the test runs once on each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


def _copy_of(server: PostgresServer, template: str) -> Iterator[str]:
    url = server.create_database(template)
    yield url
    server.drop_database(url)
