"""Whoever subscribes reads: the scopes of families; and keys that are restricted to brands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from anthyx_server import keys
from server.tests.keys.answers import document
from server.tests.webhooks.endpoints.conftest import URL
from tests.support.apps import Account
from tests.support.problems import entries, problem

Make = Callable[..., dict[str, Any]]
READS = ["posts:read", "brands:read", "channels:read", "analytics:read", "webhooks:read"]
SCOPES = [scope for scope in keys.SCOPES if not scope.startswith("keys:")]


NEEDED: list[tuple[list[str], list[str]]] = [
    (["post.*"], ["posts:read"]),
    (["post.comment.created"], ["posts:read"]),
    (["brand.created", "channel.*"], ["brands:read", "channels:read"]),
    (["analytics.updated"], ["analytics:read"]),
    (["webhook_endpoint.disabled"], ["webhooks:read"]),
    (["api_key.leaked"], ["keys:read"]),
    (["api_key.*", "post.*"], ["keys:read", "posts:read"]),
    (["usage.*"], []),
    (["*"], READS),
    (["*", "api_key.*"], [*READS, "keys:read"]),
]


def test_subscribing_needs_the_scope_of_each_family(account: Account, make_endpoint: Make) -> None:
    path = f"/webhook-endpoints/{make_endpoint(event_types=['usage.threshold_reached'])['id']}"
    for event_types, needed in NEEDED:
        body = {"url": URL, "event_types": event_types}
        for missing in needed:
            others = [scope for scope in needed if scope != missing]
            lacking = account.with_key(scopes=["webhooks:write", *others])
            for answer in (
                lacking.post("/webhook-endpoints", json=body),
                lacking.patch(path, json={"event_types": event_types}),
            ):
                told = problem(answer, 403, "insufficient_scope")
                assert told["required_scopes"] == sorted([*needed, "webhooks:write"])
        enough = account.with_key(scopes=["webhooks:write", *needed])
        made = document(enough.post("/webhook-endpoints", json=body), 201)
        assert made["event_types"] == event_types
        patched = document(enough.patch(path, json={"event_types": event_types}))
        assert patched["event_types"] == event_types


def test_sending_elsewhere_what_one_may_not_read_is_refused(
    account: Account, make_endpoint: Make
) -> None:
    path = f"/webhook-endpoints/{make_endpoint(event_types=['post.*'])['id']}"
    writer = account.with_key(scopes=["webhooks:write"])
    moved = writer.patch(path, json={"url": "https://93.184.216.34/mine"})
    problem(moved, 403, "insufficient_scope")
    assert writer.post(path + "/disable").status_code == 200, "taking away needs nothing more"
    assert writer.delete(path).status_code == 204


@pytest.fixture
def mine(make_brand: Make) -> str:
    return str(make_brand()["id"])


@pytest.fixture
def other(make_brand: Make) -> str:
    return str(make_brand()["id"])


@pytest.fixture
def restricted(account: Account, mine: str) -> Account:
    return account.with_key(brand_ids=[mine], scopes=SCOPES)


def test_a_restricted_key_makes_restricted_endpoints(
    restricted: Account, make_endpoint: Make, mine: str, other: str
) -> None:
    for brand_ids, pointer in (
        (None, "/brand_ids"),
        ([other], "/brand_ids/0"),
        ([mine, other], "/brand_ids/1"),
    ):
        body = {"url": URL, "event_types": ["*"], "brand_ids": brand_ids}
        answer = restricted.post("/webhook-endpoints", json=body)
        assert entries(answer) == {(pointer, "invalid")}
    made = make_endpoint(restricted, brand_ids=[mine])
    path = f"/webhook-endpoints/{made['id']}"
    for brand_ids, pointer in ((None, "/brand_ids"), ([mine, other], "/brand_ids/1")):
        answer = restricted.patch(path, json={"brand_ids": brand_ids})
        assert entries(answer) == {(pointer, "invalid")}
    assert document(restricted.patch(path, json={"description": "New"}))["version"] == 2
    assert document(restricted.get(path + "/secret"))["secret"] == made["secret"]
    assert restricted.delete(path).status_code == 204


def test_it_sees_those_that_are_for_its_brands_alone(
    account: Account, restricted: Account, make_endpoint: Make, mine: str, other: str
) -> None:
    seen = make_endpoint(brand_ids=[mine])["id"]
    hidden = [
        make_endpoint(brand_ids=brand_ids)["id"] for brand_ids in (None, [other], [mine, other])
    ]
    for query in ("", "?limit=1", "?status=enabled"):
        page = document(restricted.get("/webhook-endpoints" + query))
        assert [each["id"] for each in page["data"]] == [seen]
        assert not page["has_more"]
    for endpoint_id in hidden:
        path = f"/webhook-endpoints/{endpoint_id}"
        for method, tail in (
            ("GET", ""),
            ("PATCH", ""),
            ("DELETE", ""),
            ("GET", "/secret"),
            ("POST", "/rotate-secret"),
            ("POST", "/activate-secret"),
            ("POST", "/disable"),
        ):
            answer = restricted.request(method, path + tail, json={} if method != "GET" else None)
            problem(answer, 404, "not_found")
    assert len(document(account.get("/webhook-endpoints"))["data"]) == 4


def test_what_lost_its_last_brand_is_none_of_its(
    account: Account, restricted: Account, make_endpoint: Make, other: str
) -> None:
    path = f"/webhook-endpoints/{make_endpoint(brand_ids=[other])['id']}"
    assert account.delete(f"/brands/{other}").status_code == 204
    assert document(account.get(path))["brand_ids"] == []
    problem(restricted.get(path), 404, "not_found")
    assert document(restricted.get("/webhook-endpoints"))["data"] == []
