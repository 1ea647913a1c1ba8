"""Endpoints under concurrency: the plan's cap, versions, and brands that go meanwhile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from flask import Flask

from server.tests.channels.test_together import one_after_the_other, send
from server.tests.keys.answers import document
from server.tests.webhooks.endpoints.conftest import URL
from tests.support.apps import Account, make_account
from tests.support.problems import entries, problem

Make = Callable[..., dict[str, Any]]
BODY = {"url": URL, "event_types": ["*"]}


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as executor:
        yield executor


def test_a_plan_allows_fifty_in_both_modes_together(app: Flask, pool: ThreadPoolExecutor) -> None:
    live = make_account(app)
    test = live.with_key(mode="test")
    for by in (live, test) * 22 + (test,):
        document(by.post("/webhook-endpoints", json=BODY), 201)
    last = document(live.post("/webhook-endpoints", json=BODY), 201)
    live.post(f"/webhook-endpoints/{last['id']}/disable")
    start = Barrier(8)

    def create_at_once(number: int) -> int:
        start.wait()
        by = live if number % 2 else test
        return int(send(by, "POST", "/webhook-endpoints", BODY).status_code)

    assert Counter(pool.map(create_at_once, range(8))) == {201: 4, 403: 4}
    told = problem(live.post("/webhook-endpoints", json=BODY), 403, "plan_limit_reached")
    assert "50" in told["detail"]
    assert make_account(app).post("/webhook-endpoints", json=BODY).status_code == 201
    assert live.delete(f"/webhook-endpoints/{last['id']}").status_code == 204
    assert test.post("/webhook-endpoints", json=BODY).status_code == 201
    assert test.post("/webhook-endpoints", json=BODY).status_code == 403


def test_a_brand_that_goes_takes_no_endpoint(
    account: Account, make_brand: Make, pool: ThreadPoolExecutor
) -> None:
    brand_id = make_brand()["id"]
    body = BODY | {"brand_ids": [brand_id]}
    gone, made = one_after_the_other(
        account, pool, ("DELETE", f"/brands/{brand_id}"), ("POST", "/webhook-endpoints", body)
    )
    assert gone.status_code == 204
    assert entries(made) == {("/brand_ids/0", "invalid")}


def test_a_brand_that_goes_leaves_an_endpoint_that_was_made_meanwhile(
    account: Account, make_brand: Make, pool: ThreadPoolExecutor
) -> None:
    brand_id = make_brand()["id"]
    body = BODY | {"brand_ids": [brand_id]}
    made, gone = one_after_the_other(
        account, pool, ("POST", "/webhook-endpoints", body), ("DELETE", f"/brands/{brand_id}")
    )
    assert (made.status_code, gone.status_code) == (201, 204)
    shown = document(account.get(f"/webhook-endpoints/{made.get_json()['id']}"))
    assert (shown["brand_ids"], shown["disabled_reason"]) == ([], "brands_deleted")


def test_a_brand_that_goes_leaves_an_endpoint_that_is_moved_to_it(
    account: Account, make_brand: Make, make_endpoint: Make, pool: ThreadPoolExecutor
) -> None:
    """The patch locks the brand before the endpoint, as the deletion does: no deadlock."""
    brand_id, other_id = make_brand()["id"], make_brand()["id"]
    path = f"/webhook-endpoints/{make_endpoint(brand_ids=[brand_id])['id']}"
    patch = {"brand_ids": [brand_id, other_id]}
    moved, gone = one_after_the_other(
        account, pool, ("PATCH", path, patch), ("DELETE", f"/brands/{brand_id}")
    )
    assert (moved.status_code, gone.status_code) == (200, 204)
    shown = document(account.get(path))
    assert (shown["brand_ids"], shown["status"], shown["version"]) == ([other_id], "enabled", 3)


def test_two_rotations_give_one_secret(
    account: Account, make_endpoint: Make, pool: ThreadPoolExecutor
) -> None:
    path = f"/webhook-endpoints/{make_endpoint()['id']}"
    first, second = one_after_the_other(
        account, pool, ("POST", path + "/rotate-secret"), ("POST", path + "/rotate-secret")
    )
    problem(second, 409, "rotation_in_progress")
    assert document(account.get(path + "/secret"))["secret"] == document(first)["secret"]


def test_a_leaked_key_leaves_no_endpoint_on(account: Account, pool: ThreadPoolExecutor) -> None:
    """What the key makes as it is reported is seen by the report, or never comes to be."""
    leaked = account.with_key()
    report = {"tokens": [leaked.token]}
    made, reported = one_after_the_other(
        leaked, pool, ("POST", "/webhook-endpoints", BODY), ("POST", "/leaked-keys", report)
    )
    assert reported.status_code == 202
    shown = document(account.get("/webhook-endpoints"))["data"]
    assert [each["status"] for each in shown] in ([], ["disabled"]), made.status_code
