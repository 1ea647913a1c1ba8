"""Counters on their way to the database: none is lost or counted twice, whoever dies when."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import select

from anthyx_server import clock, db
from anthyx_server.config import Settings
from anthyx_server.keys import ApiKey
from anthyx_server.limits import history
from anthyx_server.limits.models import UsageHour
from server.tests.limits.test_history import both_databases, flush, move_hour, total
from server.tests.limits.windows import Windows
from tests.support.apps import Account, open_app
from tests.support.redis import RedisServer


def use(account: Account, times: int) -> None:
    for _ in range(times):
        assert account.get("/brands").status_code == 200


def stored(app: Flask) -> list[tuple[int, int]]:
    """Accepted and limited per row."""
    with app.app_context():
        rows = db.db.session.execute(select(UsageHour.accepted, UsageHour.limited))
        return sorted((row.accepted, row.limited) for row in rows)


def counters(server: RedisServer) -> int:
    """How many hours Redis holds counters of."""
    with server.client() as client:
        return len(client.keys("anthyx:usage:*"))


def die(*_arguments: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_at(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process be killed once the job has got so far."""
    if place == "before the commit":
        db.committing.connect(die)
    elif place == "after the commit":
        sa.event.listen(db.db.session, "after_commit", die)
    else:
        monkeypatch.setattr(history, "forget", die)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("place", ["before the commit", "after the commit", "before hours go"])
def test_a_worker_killed_in_the_middle_loses_and_repeats_nothing(
    starter: Account,
    settings: Settings,
    redis_server: RedisServer,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
) -> None:
    use(starter, 4)
    with redis_server.client() as client:
        move_hour(client, 2)
    use(starter, 2)
    with starter.app.app_context():
        db.db.engine.dispose()  # a connection must not be carried over a fork
    worker = os.fork()
    if not worker:
        try:
            die_at(place, monkeypatch)
            with open_app(settings) as app:
                flush(app)
        finally:
            os._exit(1)  # not reached
    assert os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1]) == -signal.SIGKILL
    assert stored(starter.app) == ([] if place == "before the commit" else [(2, 0), (4, 0)])
    use(starter, 1)
    flush(starter.app)
    assert stored(starter.app) == [(3, 0), (4, 0)]
    assert total(starter) == (8, 0)
    assert counters(redis_server) == 1


def test_counters_that_redis_lost_are_not_counted_again(
    starter: Account, redis_server: RedisServer
) -> None:
    use(starter, 5)
    flush(starter.app)
    redis_server.flush()
    use(starter, 3)
    assert total(starter) == (9, 0)
    flush(starter.app)
    assert total(starter) == (10, 0)
    flush(starter.app)
    redis_server.flush()
    flush(starter.app)
    assert total(starter) == (11, 0)
    assert stored(starter.app) == [(3 + 2, 0), (5, 0)]


@both_databases
def test_workers_at_once_store_each_request_once(
    starter: Account, settings: Settings, redis_server: RedisServer
) -> None:
    keys = [starter.with_key(scopes=["brands:read"]) for _ in range(4)]

    def work(app: Flask) -> None:
        for _ in range(6):
            flush(app)

    with open_app(settings) as second, ThreadPoolExecutor(3) as pool:
        workers = [pool.submit(work, app) for app in (starter.app, second)]
        for _ in range(12):
            list(pool.map(use, keys, [1] * 4))
        for worker in workers:
            worker.result()
    flush(starter.app)
    assert stored(starter.app) == [(12, 0)] * 4
    assert total(starter) == (49, 0)


def test_an_hour_leaves_redis_once_it_is_over_and_stored(
    starter: Account, redis_server: RedisServer
) -> None:
    use(starter, 2)
    with redis_server.client() as client:
        move_hour(client, 1)
        use(starter, 1)
        assert counters(redis_server) == 2
        flush(starter.app)
        assert counters(redis_server) == 1
        assert not client.exists("anthyx:last_used")
    assert total(starter) == (4, 0)


def test_a_use_while_the_job_runs_is_left_for_the_next_run(
    starter: Account, redis_server: RedisServer
) -> None:
    use(starter, 1)

    def during(_session: object) -> None:
        db.committing.disconnect(during)
        starter.get("/brands")

    db.committing.connect(during)
    flush(starter.app)
    with redis_server.client() as client:
        assert client.exists("anthyx:last_used")
    flush(starter.app)
    assert stored(starter.app) == [(2, 0)]


def test_counters_of_a_key_that_is_not_there_stop_nobody(
    starter: Account, redis_server: RedisServer
) -> None:
    hour = clock.milliseconds(clock.now()) // 3_600_000
    use(starter, 2)
    with redis_server.client() as client:
        client.hset(f"anthyx:usage:{hour}", "a:key_gone", "7")
        client.hset("anthyx:last_used", "key_gone", "1700000000 5 192.0.2.1")
    flush(starter.app)
    assert stored(starter.app) == [(2, 0)]


def test_it_costs_by_the_keys_in_use_and_not_by_all_there_are(
    starter: Account, redis_server: RedisServer
) -> None:
    hour = clock.milliseconds(clock.now()) // 3_600_000

    def cost() -> int:
        use(starter, 1)
        before = redis_server.commands_processed()
        flush(starter.app)
        return redis_server.commands_processed() - before

    cost()  # teaches this Redis the script
    few = cost()
    with redis_server.client() as client:
        client.hset(f"anthyx:usage:{hour}", mapping={f"a:key_{n}": n for n in range(20_000)})
        client.mset({f"anthyx:window:{n}": n for n in range(20_000)})
    assert cost() == few


@both_databases
def test_when_and_from_where_a_key_was_used_is_written_and_never_goes_back(
    starter: Account, redis_server: RedisServer
) -> None:
    starter.get("/brands", environ_overrides={"REMOTE_ADDR": "192.0.2.1"})
    before = clock.now()
    starter.get("/brands", environ_overrides={"REMOTE_ADDR": "192.0.2.2"})
    flush(starter.app)
    with redis_server.client() as client:
        client.hset("anthyx:last_used", starter.key_id, "1700000000 5 192.0.2.3")
    flush(starter.app)
    with starter.app.app_context():
        key = db.db.session.get_one(ApiKey, starter.key_id)
        assert key.last_used_ip == "192.0.2.2"
        assert key.last_used_at is not None
        assert before <= key.last_used_at <= clock.now()


def test_limited_requests_reach_the_rows_too(starter: Account, windows: Windows) -> None:
    windows.use(starter, minute=59, day=59)
    for _ in range(4):
        starter.get("/brands")
    flush(starter.app)
    assert stored(starter.app) == [(1, 3)]
