"""A flood of keys that are none: what it may cost, and whom it may hold up."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from anthyx_server.keys import throttle
from anthyx_server.keys.secret import mint
from server.tests.limits.counting import Counted, counting_proxy
from tests.support.apps import Account, make_account, make_settings, open_app, wait_until
from tests.support.costs import executed
from tests.support.redis import RedisServer

AT_ONCE = 4


@contextmanager
def locked_keys(database_url: str) -> Iterator[Callable[[], int]]:
    """The keys' table, locked meanwhile; yields how to ask how many statements wait for it."""
    url = make_url(database_url).set(drivername="postgresql")
    text = url.render_as_string(hide_password=False)
    with psycopg.connect(text) as holder, psycopg.connect(text, autocommit=True) as watcher:

        def waiting() -> int:
            row = watcher.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE wait_event_type = 'Lock' AND datname = current_database()"
            ).fetchone()
            return int(row[0]) if row else 0

        holder.execute("LOCK TABLE api_keys IN ACCESS EXCLUSIVE MODE")
        yield waiting
        holder.rollback()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_process_looks_up_at_most_4_unknown_keys_at_once(
    starter: Account, database_url: str
) -> None:
    starter.get("/usage")
    together = threading.Barrier(10)

    def call(_number: int) -> int:
        together.wait()
        return starter.get("/brands", token=mint("live")).status_code

    with ThreadPoolExecutor(10) as pool:
        with locked_keys(database_url) as waiting:
            calls = [pool.submit(call, number) for number in range(10)]
            wait_until(lambda: waiting() == AT_ONCE, 10)
            # A key that Redis knows needs no look-up and passes beside them.
            assert starter.get("/nothing").status_code == 404
            assert waiting() == AT_ONCE
        assert [each.result() for each in calls] == [401] * 10


@pytest.fixture
def counted(
    sqlite_url: str, redis_server: RedisServer, tmp_path: Path
) -> Iterator[tuple[Account, Counted]]:
    """An account, and what it costs in Redis."""
    with counting_proxy(tmp_path, redis_server.socket) as (url, count):
        settings = make_settings(tmp_path, sqlite_url, url)
        with open_app(settings) as app:
            account = make_account(app, "starter")
            account.get("/brands")
            count.reset()
            yield account, count


def test_a_wrong_checksum_reaches_neither_redis_nor_the_database(
    counted: tuple[Account, Counted],
) -> None:
    account, count = counted
    right = account.token
    wrong = [
        right[:-1] + ("0" if right[-1] != "0" else "1"),
        right[:20] + ("0" if right[20] != "0" else "1") + right[21:],
        right.replace("live", "test"),
        right[:-1],
        right + "0",
        right.upper(),
        "",
        "x" * 4_000,
    ]
    with executed(account.app) as found:
        for token in wrong:
            headers = {"Authorization": f"Bearer {token}"}
            assert account.get("/brands", headers=headers).status_code == 401
        assert account.get("/brands", headers={"Authorization": "Basic abc"}).status_code == 401
    assert (found, count.commands) == ([], [])


def test_failures_beyond_60_a_minute_stop_neither_look_ups_of_nor_answers_to_real_keys(
    counted: tuple[Account, Counted],
) -> None:
    account, count = counted
    statuses = [account.get("/brands", token="none").status_code for _ in range(70)]
    assert statuses == [401] * throttle.LIMIT + [429] * (70 - throttle.LIMIT)
    assert count.commands == []
    assert account.get("/brands").status_code == 200
    assert account.with_key().get("/brands").status_code == 200
