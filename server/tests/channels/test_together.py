"""Channels under concurrency: a brand that is deleted while a channel of it is made."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from anthyx_server import db
from tests.support.apps import Account, wait_until
from tests.support.problems import entries, problem

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as executor:
        yield executor


def send(account: Account, method: str, path: str, body: Any = None) -> Any:
    try:
        return account.request(method, path, json=body)
    finally:
        account.app.extensions["anthyx_redis"].close()  # this thread's connection


class HeldCommit:
    """Holds the first transaction that is about to commit, until it is released."""

    def __init__(self) -> None:
        self.reached, self.released = threading.Event(), threading.Event()

    def __call__(self, _session: object) -> None:
        """Wait, the first time."""
        if not self.reached.is_set():
            self.reached.set()
            self.released.wait(30)


def waits(app: Flask) -> bool:
    """True once a transaction waits for another on PostgreSQL; SQLite shows nobody waiting."""
    with app.app_context():
        if db.is_sqlite(db.db.engine):
            return True
        with db.db.engine.connect() as connection:
            query = "SELECT count(*) FROM pg_locks WHERE NOT granted"
            return bool(connection.exec_driver_sql(query).scalar())


def one_after_the_other(
    account: Account, pool: ThreadPoolExecutor, first: tuple[Any, ...], second: tuple[Any, ...]
) -> tuple[Any, Any]:
    """Send `second` while the transaction of `first` is about to commit; both answers."""
    held = HeldCommit()
    with db.committing.connected_to(held):
        one = pool.submit(send, account, *first)
        assert held.reached.wait(20)
        other = pool.submit(send, account, *second)
        wait_until(lambda: waits(account.app), 20)
        assert not other.done()
        held.released.set()
        return one.result(20), other.result(20)


@pytest.mark.parametrize("action", ["DELETE", "archive"])
def test_a_brand_that_goes_takes_no_channel(
    account: Account, make_brand: Make, pool: ThreadPoolExecutor, action: str
) -> None:
    brand_id = make_brand()["id"]
    path = f"/brands/{brand_id}"
    going = ("DELETE", path) if action == "DELETE" else ("POST", f"{path}/archive")
    body = {"brand_id": brand_id, "platform": "x", "name": "A"}
    gone, made = one_after_the_other(account, pool, going, ("POST", "/channels", body))
    assert gone.status_code < 300
    if action == "DELETE":
        assert entries(made) == {("/brand_id", "invalid")}
    else:
        problem(made, 409, "brand_archived")
    assert account.get("/channels").get_json()["data"] == []


def test_a_brand_that_gets_a_channel_does_not_go(
    account: Account, make_brand: Make, pool: ThreadPoolExecutor
) -> None:
    brand_id = make_brand()["id"]
    body = {"brand_id": brand_id, "platform": "x", "name": "A"}
    made, gone = one_after_the_other(
        account, pool, ("POST", "/channels", body), ("DELETE", f"/brands/{brand_id}")
    )
    assert made.status_code == 201
    problem(gone, 409, "brand_not_empty")
    assert account.get(f"/channels?brand_id={brand_id}").get_json()["data"] == [made.get_json()]


def test_channels_of_one_brand_are_made_at_once(
    account: Account, make_brand: Make, pool: ThreadPoolExecutor
) -> None:
    body = {"brand_id": make_brand()["id"], "platform": "x", "name": "A"}
    jobs = [pool.submit(send, account, "POST", "/channels", body) for _ in range(8)]
    assert [job.result(20).status_code for job in jobs] == [201] * 8


def test_concurrent_changes_never_lose_one(
    account: Account, make_channel: Make, pool: ThreadPoolExecutor
) -> None:
    path = f"/channels/{make_channel()['id']}"
    jobs = [
        pool.submit(send, account, "PATCH", path, {"credentials": {f"key {n}": "x"}})
        for n in range(8)
    ]
    versions = sorted(job.result(20).get_json()["version"] for job in jobs)
    assert versions == list(range(2, 10))
    jobs = [pool.submit(send, account, "DELETE", path) for _ in range(4)]
    assert Counter(job.result(20).status_code for job in jobs) == {204: 1, 404: 3}
