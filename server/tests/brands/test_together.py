"""Brands under concurrency, and what a list costs."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from anthyx_server import db
from anthyx_server.brands import service
from anthyx_server.brands.schemas import WritableBrandSchema
from tests.support.apps import Account, make_account, make_settings, open_app, wait_until
from tests.support.costs import Statement, executed, plan
from tests.support.problems import problem

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as executor:
        yield executor


def send(account: Account, method: str, path: str, body: Any = None, **headers: str) -> Any:
    try:
        return account.request(method, path, json=body, headers=headers)
    finally:
        account.app.extensions["anthyx_redis"].close()  # this thread's connection


def test_concurrent_changes_never_lose_a_version(
    account: Account, make_brand: Make, pool: ThreadPoolExecutor
) -> None:
    path = f"/brands/{make_brand()['id']}"
    patches = [{"metadata": {f"key {number}": "x"}} for number in range(16)]
    jobs = [pool.submit(send, account, "PATCH", path, patch) for patch in patches]
    answers: list[TestResponse] = [job.result() for job in jobs]
    assert [answer.status_code for answer in answers] == [200] * 16
    versions = sorted(answer.json["version"] for answer in answers if answer.json)
    assert versions == list(range(2, 18))
    brand = account.get(path).json
    assert brand is not None
    assert len(brand["metadata"]) == 16


def test_of_concurrent_conditional_changes_one_wins(
    account: Account, make_brand: Make, pool: ThreadPoolExecutor
) -> None:
    path = f"/brands/{make_brand()['id']}"
    jobs = [
        pool.submit(send, account, "PATCH", path, {"description": str(n)}, **{"If-Match": '"1"'})
        for n in range(8)
    ]
    statuses = Counter(job.result().status_code for job in jobs)
    assert statuses == {200: 1, 412: 7}


def test_concurrent_creation_under_one_name_makes_one(
    account: Account, pool: ThreadPoolExecutor
) -> None:
    names = ["Acme", "ACME", "acme ", "\uff21cme"] * 2
    jobs = [pool.submit(send, account, "POST", "/brands", {"name": name}) for name in names]
    answers = [job.result() for job in jobs]
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 7}
    for answer in answers:
        if answer.status_code == 409:
            problem(answer, 409, "brand_name_taken")


class HeldCommit:
    """Holds the first transaction that is about to commit, until it is released."""

    def __init__(self) -> None:
        self.reached, self.released = threading.Event(), threading.Event()

    def __call__(self, _session: object) -> None:
        """Wait, the first time."""
        if not self.reached.is_set():
            self.reached.set()
            self.released.wait(30)


@pytest.fixture
def postgres_account(postgresql_url: str, redis_url: str, tmp_path: Path) -> Iterator[Account]:
    with open_app(make_settings(tmp_path, postgresql_url, redis_url)) as app:
        yield make_account(app)


@pytest.mark.parametrize(
    ("second", "status", "slug"),
    [("ACME!", 409, ""), ("Acme?", 201, "acme-"), ("Other", 201, "other")],
)
def test_a_name_or_slug_taken_meanwhile_is_noticed(
    postgres_account: Account, pool: ThreadPoolExecutor, second: str, status: int, slug: str
) -> None:
    """Neither transaction sees the other's brand before it has committed."""
    account, held = postgres_account, HeldCommit()
    with db.committing.connected_to(held):
        first = pool.submit(send, account, "POST", "/brands", {"name": "Acme!"})
        assert held.reached.wait(20)
        other = pool.submit(send, account, "POST", "/brands", {"name": second})
        if second != "Other":
            wait_until(lambda: blocked(account.app) == 1, 20)
        else:
            assert other.result(20).status_code == 201, "an unrelated brand is not held up"
        held.released.set()
        answer = other.result(20)
    assert first.result(20).status_code == 201
    assert answer.status_code == status, answer.json
    if status == 409:
        problem(answer, 409, "brand_name_taken")
    else:
        assert answer.json["slug"].startswith(slug)


@pytest.mark.parametrize(("second", "status"), [("ACME", 409), ("Acme?", 200)])
def test_renaming_to_a_name_taken_meanwhile_is_noticed(
    postgres_account: Account, pool: ThreadPoolExecutor, second: str, status: int
) -> None:
    account, held = postgres_account, HeldCommit()
    made = account.post("/brands", json={"name": "Old"}).json
    assert made is not None
    with db.committing.connected_to(held):
        first = pool.submit(send, account, "POST", "/brands", {"name": "Acme"})
        assert held.reached.wait(20)
        other = pool.submit(send, account, "PATCH", f"/brands/{made['id']}", {"name": second})
        if status == 409:
            wait_until(lambda: blocked(account.app) == 1, 20)
        held.released.set()
        assert other.result(20).status_code == status
    assert first.result(20).status_code == 201


def blocked(app: Flask) -> int:
    with app.app_context(), db.db.engine.connect() as connection:
        query = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        return int(connection.exec_driver_sql(query).scalar() or 0)


def statements(account: Account, path: str) -> list[Statement]:
    """What the database is asked for a request, once caches are warm."""
    account.get(path)
    with executed(account.app) as found:
        assert account.get(path).status_code == 200
    return found


@pytest.mark.parametrize("query", ["", "&sort=name", "&status=active&sort=-name"])
def test_a_list_is_one_statement_however_many_rows(account: Account, query: str) -> None:
    path = f"/brands?limit=100{query}"
    none = statements(account, path)
    with account.app.app_context(), db.transaction():
        for number in range(60):
            values = WritableBrandSchema().load({"name": f"Brand {number}"})
            service.create(account.caller, values)
    many = statements(account, path)
    page = account.get(path).json
    assert page is not None
    assert len(page["data"]) == 60
    assert len(none) == len(many) == 1
    assert "BEGIN" not in many[0][0], "reading takes no lock"


@pytest.fixture
def sqlite_account(sqlite_url: str, redis_url: str, tmp_path: Path) -> Iterator[Account]:
    with open_app(make_settings(tmp_path, sqlite_url, redis_url)) as app:
        yield make_account(app)


@pytest.mark.parametrize("sort", ["-created_at", "created_at", "name", "-name"])
@pytest.mark.parametrize("status", ["", "&status=active"])
def test_a_page_is_found_by_an_index(sqlite_account: Account, sort: str, status: str) -> None:
    for name in ("A", "B"):
        sqlite_account.post("/brands", json={"name": name})
    path = f"/brands?limit=1&sort={sort}{status}"
    page = sqlite_account.get(path).json
    assert page is not None
    for each in (path, f"{path}&cursor={page['next_cursor']}"):
        (statement,) = statements(sqlite_account, each)
        steps = " ".join(plan(sqlite_account.app, statement))
        assert "SEARCH brands USING INDEX" in steps
        assert "TEMP B-TREE" not in steps, "what is sorted by is what is searched"
