"""The database away: every request is told to come back, and the process lives on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from anthyx_server.keys.secret import mint
from server.tests.limits.windows import Windows
from tests.support.apps import Account, make_settings, open_app

on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@contextmanager
def away(database_url: str) -> Iterator[None]:
    """A PostgreSQL database that ends its connections and takes no new ones."""
    url = make_url(database_url).set(drivername="postgresql")
    name = sql.Identifier(str(url.database))
    admin = url.set(database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(admin, autocommit=True) as connection:
        switch = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
        connection.execute(switch.format(name, sql.SQL("false")))
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            (url.database,),
        )
        yield
        connection.execute(switch.format(name, sql.SQL("true")))


def is_unavailable(account: Account, method: str, path: str, **options: Any) -> bool:
    answer = account.request(method, path, **options)
    assert answer.status_code == 503, answer.text
    assert answer.content_type == "application/problem+json"
    assert int(answer.headers["Retry-After"]) >= 1
    body = answer.get_json()
    return bool(body["code"] == "unavailable" and body["request_id"])


@on_postgresql
def test_every_request_is_told_to_come_back_and_may(
    starter: Account, database_url: str, windows: Windows
) -> None:
    stranger = starter.with_key()
    starter.get("/brands")
    client = starter.app.test_client()
    with away(database_url):
        for _ in range(3):
            assert is_unavailable(starter, "GET", "/brands")
            assert is_unavailable(starter, "POST", "/brands", json={"name": "Acme"})
            assert is_unavailable(starter, "GET", "/usage")
            assert is_unavailable(stranger, "GET", "/brands")
            assert is_unavailable(starter, "GET", "/brands", token=mint("live"))
        assert client.get("/readyz").status_code == 503
        assert client.get("/readyz").headers["Retry-After"]
        assert client.get("/healthz").status_code == 200
        assert starter.get("/nothing").status_code == 404
    assert starter.get("/brands").status_code == 200
    assert starter.post("/brands", json={"name": "Acme"}).status_code == 201
    assert stranger.get("/brands").status_code == 200
    assert client.get("/readyz").status_code == 200
    assert windows.used(starter) == (10, 10)


@on_postgresql
def test_a_database_that_came_back_is_not_met_with_dead_connections_twice(
    starter: Account, database_url: str
) -> None:
    starter.get("/brands")
    with away(database_url):
        pass
    statuses = [starter.get("/brands").status_code for _ in range(3)]
    statuses += [starter.post("/brands", json={"name": "Acme"}).status_code]
    assert statuses[1:] == [200, 200, 201]
    assert statuses[0] in {200, 503}


def test_a_sqlite_file_that_can_not_be_opened(redis_url: str, tmp_path: Path) -> None:
    with open_app(make_settings(tmp_path, f"sqlite:///{tmp_path}/gone/a.db", redis_url)) as app:
        account = Account(app, "ws_1", "key_1", mint("live"))
        assert is_unavailable(account, "GET", "/brands")
        assert is_unavailable(account, "POST", "/brands", json={"name": "Acme"})
        client = app.test_client()
        assert client.get("/readyz").status_code == 503
        assert client.get("/healthz").status_code == 200
