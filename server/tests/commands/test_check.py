"""`anthyx-server check`: what is misconfigured or unreachable, all of it at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from anthyx_server import db
from server.tests.commands.conftest import Operator
from tests.support.postgres import PostgresServer

NOBODY = "unix:///nonexistent/redis.sock"
UNREACHABLE = "postgresql+psycopg://anthyx:db-password@/anthyx?host=/nonexistent"
# A name that no resolver knows (RFC 6761).
REMOTE = "redis.invalid"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.create_database()
    yield url
    server.drop_database(url)


def problems(operator: Operator, **changed: str) -> list[str]:
    outcome = operator.try_to("check", **changed)
    assert (outcome.exit_code, outcome.errors) == (1, ""), outcome
    lines = outcome.output.splitlines()
    assert all(line.startswith("problem: ") for line in lines)
    assert "password" not in outcome.output.replace("without a password", "")
    return [line.removeprefix("problem: ") for line in lines]


def test_all_is_in_order(operator: Operator) -> None:
    operator.workspace()
    assert operator.run("check") == "Everything is in order.\n"


def test_redis_is_down(operator: Operator) -> None:
    assert problems(operator, REDIS_URL=NOBODY) == [
        "Redis does not answer (ConnectionError): see ANTHYX_REDIS_URL"
    ]


@pytest.mark.enable_socket
def test_a_remote_redis_needs_tls_and_a_password(operator: Operator) -> None:
    bare = problems(operator, REDIS_URL=f"redis://{REMOTE}")
    assert any("without TLS" in each for each in bare)
    assert any("without a password" in each for each in bare)
    [silent] = problems(operator, REDIS_URL=f"rediss://:word@{REMOTE}")
    assert silent.startswith("Redis does not answer")


@pytest.mark.enable_socket
def test_a_redis_on_this_machine_needs_neither(operator: Operator) -> None:
    for url in ("redis://127.0.0.1:1", "redis://localhost:1", "redis://[::1]:1"):
        [silent] = problems(operator, REDIS_URL=url)
        assert silent.startswith("Redis does not answer")


def test_redis_may_forget(operator: Operator) -> None:
    with operator.redis.client() as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        try:
            [problem] = problems(operator)
        finally:
            client.config_set("maxmemory-policy", "noeviction")
    assert problem.endswith("set maxmemory-policy noeviction")


def test_the_schema_is_missing_or_another(operator: Operator, empty_url: str) -> None:
    [missing] = problems(operator, DATABASE_URL=empty_url)
    assert missing.startswith("the schema is at nothing")
    assert missing.endswith("run migrate")
    for _ in range(2):
        assert operator.run("migrate", DATABASE_URL=empty_url) == "The schema is up to date.\n"
        assert operator.run("check", DATABASE_URL=empty_url) == "Everything is in order.\n"
    engine = sa.create_engine(empty_url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    [newer] = problems(operator, DATABASE_URL=empty_url)
    assert newer.startswith("the schema is at 9999")
    assert "9999" in operator.refusal("migrate", DATABASE_URL=empty_url)


def test_the_database_is_down(operator: Operator, tmp_path: Path) -> None:
    for url in (UNREACHABLE, f"sqlite:///{tmp_path}/nowhere/anthyx.db"):
        assert problems(operator, DATABASE_URL=url) == [
            "the database does not answer (OperationalError): see ANTHYX_DATABASE_URL"
        ]


def test_a_pepper_was_dropped_too_early(operator: Operator) -> None:
    operator.workspace()
    [problem] = problems(operator, KEY_PEPPERS=f"2:{'a-new-pepper-' * 4}")
    assert problem.startswith("pepper 1 is not in ANTHYX_KEY_PEPPERS but ")


def test_nobody_says_that_requests_came_over_https(operator: Operator) -> None:
    public = {"PUBLIC_URL": "https://api.example.com"}
    [problem] = problems(operator, **public)
    assert "Set ANTHYX_TRUSTED_PROXIES" in problem
    proxies = {"TRUSTED_PROXIES": "10.0.0.0/8", "TRUSTED_PROXY_HOPS": "1"}
    assert operator.run("check", **public, **proxies) == "Everything is in order.\n"


def test_every_problem_is_told_at_once(operator: Operator) -> None:
    found = problems(
        operator, PUBLIC_URL="https://a.example.com", REDIS_URL=NOBODY, DATABASE_URL=UNREACHABLE
    )
    assert len(found) == 3


def test_a_check_changes_nothing(operator: Operator, empty_url: str) -> None:
    problems(operator, DATABASE_URL=empty_url)
    engine = sa.create_engine(empty_url, **db.engine_options(empty_url))
    assert sa.inspect(engine).get_table_names() == []
    engine.dispose()
