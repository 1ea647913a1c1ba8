"""`anthyx-server check`: what is misconfigured or unreachable, all of it at once."""

from __future__ import annotations

import json
import resource
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
import sqlalchemy as sa

from anthyx_server import clock, db
from server.tests.commands.conftest import Operator
from server.tests.notices.mailbox import mail_server
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
    assert all(line.startswith(("ok: ", "warning: ", "problem: ")) for line in lines)
    assert "password" not in outcome.output.replace("without a password", "")
    return told("problem", outcome.output)


def told(level: str, output: str) -> list[str]:
    """The lines of a level."""
    start = f"{level}: "
    return [line.removeprefix(start) for line in output.splitlines() if line.startswith(start)]


def warnings(operator: Operator, **changed: str) -> list[str]:
    """What a check that doesn't fail warns of."""
    output = operator.run("check", **changed)
    assert output.endswith("\nEverything is in order.\n")
    return told("warning", output)


def test_all_is_in_order(operator: Operator) -> None:
    operator.workspace()
    assert warnings(operator) == []
    fine = told("ok", operator.run("check"))
    assert any(line.startswith("Redis answers (") for line in fine)
    assert "the database answers" in fine


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
        assert warnings(operator, DATABASE_URL=empty_url) == []
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
    assert warnings(operator, **public, **proxies) == []


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


def test_a_clock_that_is_off_is_told(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    real = clock.unix_seconds
    monkeypatch.setattr(clock, "unix_seconds", lambda: real() + 5)
    assert any("clocks of Redis" in line for line in warnings(operator))
    monkeypatch.setattr(clock, "unix_seconds", lambda: real() - 3600)
    found = problems(operator)
    assert any("clocks of Redis and this machine are 3,600 s apart" in line for line in found)
    is_file = operator.settings.is_embedded_database
    assert any("clocks of the database" in line for line in found) is not is_file


def test_redis_that_forgets_or_is_too_old_or_a_replica(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    with operator.redis.client() as client:
        client.config_set("appendonly", "no")
        try:
            [forgets] = warnings(operator)
        finally:
            client.config_set("appendonly", "yes")
    assert forgets.endswith("set appendonly yes")
    about = {"redis_version": "5.0.9", "maxmemory_policy": "noeviction", "aof_enabled": 1}
    monkeypatch.setattr(redis.Redis, "info", lambda *_: about | {"role": "slave"})
    old, replica = problems(operator)
    assert old.startswith("Redis 5.0.9 is too old")
    assert "is a replica's" in replica


def test_settings_that_are_at_odds(operator: Operator) -> None:
    clear = warnings(operator, PUBLIC_URL="http://api.example.com", REQUIRE_HTTPS="off")
    assert clear == [
        "ANTHYX_PUBLIC_URL is http: keys travel in the clear. Set it to the https address"
    ]
    anybody = {"TRUSTED_PROXIES": "0.0.0.0/0", "TRUSTED_PROXY_HOPS": "1"}
    assert "anybody may say" in warnings(operator, **anybody)[0]
    several = operator.try_to("check", HOSTS="3")
    is_file = operator.settings.is_embedded_database
    assert ("the database is a file here" in several.output) is is_file


@pytest.mark.enable_socket
def test_metrics_that_others_may_read(operator: Operator) -> None:
    for bind in ("127.0.0.1:9100", "10.1.2.3:9100", "[::1]:9100", "localhost:9100"):
        assert warnings(operator, METRICS_BIND=bind) == []
    for bind in ("0.0.0.0:9100", "[::]:9100", "198.51.0.1:9100"):
        assert "others may reach" in warnings(operator, METRICS_BIND=bind)[0]
    assert problems(operator, METRICS_BIND=f"{REMOTE}:9100") == [
        f"ANTHYX_METRICS_BIND: no such host: {REMOTE}"
    ]
    assert not operator.settings.metrics_dir.exists(), "a command counts nothing"


def test_what_this_machine_lacks(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _which: (256, 4096))
    assert warnings(operator) == ["a process may open only 256 files: raise it to 1024 (ulimit -n)"]
    monkeypatch.undo()
    for free, level in ((500 << 20, "warning"), (50 << 20, "problem")):
        usage = shutil._ntuple_diskusage(1 << 40, 0, free)  # noqa: SLF001
        monkeypatch.setattr(shutil, "disk_usage", lambda _path, usage=usage: usage)
        [line] = told(level, operator.try_to("check").output)
        assert f"only {free >> 20} MiB are free" in line


def test_secrets_that_others_can_read(operator: Operator, tmp_path: Path) -> None:
    embedded = {"DATA_DIR": str(tmp_path), "DATABASE_URL": "", "REDIS_URL": ""}
    fresh = warnings(operator, **embedded)
    assert fresh == [
        "the embedded Redis does not run: serve starts it",
        "there is no database yet: serve makes it",
    ]
    assert not (tmp_path / "anthyx.db").exists()
    (tmp_path / "secrets.json").write_text('{"secret_key": "", "key_peppers": ""}')
    tmp_path.chmod(0o755)
    (tmp_path / "secrets.json").unlink()
    operator.run("workspaces", "list", "--data-dir", str(tmp_path))
    (tmp_path / "secrets.json").write_text(
        json.dumps(dict.fromkeys(("secret_key", "key_peppers", "encryption_keys"), f"1:{'x' * 40}"))
    )
    (tmp_path / "secrets.json").chmod(0o644)
    found = problems(operator, **embedded)
    assert [line.partition(": ")[2].split(" ")[1] for line in found] == ["700", "600"]


@pytest.mark.enable_socket
def test_a_remote_database_needs_tls(operator: Operator) -> None:
    url = f"postgresql+psycopg://anthyx:db-password@{REMOTE}/anthyx"
    bare = problems(operator, DATABASE_URL=url)
    assert "add ?sslmode=verify-full" in bare[0]
    [silent] = problems(operator, DATABASE_URL=f"{url}?sslmode=verify-full")
    assert silent.startswith("the database does not answer")


def test_a_role_that_may_not_migrate(postgresql_url: str, operator: Operator) -> None:
    engine = sa.create_engine(postgresql_url, isolation_level="AUTOCOMMIT")
    role = f"reader_{uuid.uuid4().hex[:8]}"
    with engine.connect() as connection:
        connection.exec_driver_sql("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        connection.exec_driver_sql(f"CREATE ROLE {role} LOGIN")
        connection.exec_driver_sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
    try:
        url = sa.make_url(postgresql_url).set(username=role).render_as_string(hide_password=False)
        found = problems(operator, DATABASE_URL=url)
        assert found == ["the database role may not create tables: GRANT CREATE ON SCHEMA to it"]
    finally:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP OWNED BY {role}")
            connection.exec_driver_sql(f"DROP ROLE {role}")
        engine.dispose()


@pytest.mark.enable_socket
def test_the_mail_server_is_asked(operator: Operator) -> None:
    operator.workspace()
    assert any("no mail is sent" in line for line in told("ok", operator.run("check")))
    with mail_server() as box:
        output = operator.run("check", SMTP_URL=f"smtp://127.0.0.1:{box.port}")
    assert "the mail server answers" in told("ok", output)
    [silent] = problems(operator, SMTP_URL=f"smtp://me:hidden@127.0.0.1:{box.port}")
    assert silent == "the mail server does not answer (ConnectionRefusedError): see ANTHYX_SMTP_URL"
