"""The services that tests run on: they hold what a killed run must not leave behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from anthyx_server.embedded import answers
from tests.support import postgres
from tests.support.apps import wait_until
from tests.support.postgres import PostgresServer
from tests.support.redis import RedisServer
from tests.support.scratch import scratch_directory

ROOT = Path(__file__).resolve().parents[2]
STARTS_SERVICES = """
import sys
from tests.support.postgres import throwaway_postgres
from tests.support.redis import throwaway_redis
with throwaway_redis() as redis, throwaway_postgres() as postgres:
    print(redis.socket, postgres.create_database(), flush=True)
    sys.stdin.read()
"""


def can_connect(url: str) -> bool:
    try:
        psycopg.connect(url.replace("+psycopg", "")).close()
    except psycopg.OperationalError:
        return False
    return True


def test_services_end_with_a_test_run_that_is_killed() -> None:
    run = subprocess.Popen(
        [sys.executable, "-c", STARTS_SERVICES],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert run.stdout is not None
    socket, url = run.stdout.readline().split()
    assert answers(Path(socket))
    assert can_connect(url)
    run.kill()
    run.communicate()
    wait_until(lambda: not answers(Path(socket)), 10)
    wait_until(lambda: not can_connect(url), 10)
    with scratch_directory():
        assert not Path(socket).parent.exists(), "the next run removes what the killed one left"


def test_a_directory_in_use_is_not_taken_for_abandoned() -> None:
    with scratch_directory() as first, scratch_directory():
        assert first.exists()
    assert not first.exists()


@pytest.mark.parametrize("attempt", [1, 2])
def test_every_test_gets_an_empty_migrated_database(database_url: str, attempt: int) -> None:
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM workspaces")).scalar() == 0
        connection.execute(
            sa.text("INSERT INTO alembic_version (version_num) VALUES (:version)"),
            {"version": f"left by {attempt}"},
        )
        assert connection.execute(sa.text("SELECT count(*) FROM alembic_version")).scalar() == 2
    engine.dispose()


@pytest.mark.parametrize("outage", ["stop", "kill", "pause", "none"])
def test_every_test_gets_an_empty_running_redis(redis_server: RedisServer, outage: str) -> None:
    with redis_server.client() as client:
        assert client.dbsize() == 0
        client.set("left", "behind")
    if outage != "none":
        getattr(redis_server, outage)()
        assert not answers(redis_server.socket)


def test_postgres_comes_from_the_wheel_where_the_system_has_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(postgres, "_SYSTEM_FOLDERS", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("TEST_POSTGRES_URL", raising=False)
    with postgres.throwaway_postgres() as server:
        assert can_connect(server.create_database())


def test_postgres_is_taken_from_where_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, postgres_server: PostgresServer
) -> None:
    url = postgres_server.create_database()
    monkeypatch.setenv("TEST_POSTGRES_URL", url)
    with postgres.throwaway_postgres() as server:
        made = server.create_database(url)
        assert can_connect(made)
        server.drop_database(made)
        assert not can_connect(made)
    postgres_server.drop_database(url)
