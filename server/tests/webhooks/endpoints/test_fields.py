"""What each field of an endpoint takes, and what can be changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from anthyx_server import events
from server.tests.keys.answers import audit_of, document
from server.tests.webhooks.endpoints.conftest import URL
from tests.support.apps import Account
from tests.support.problems import entries, problem

Make = Callable[..., dict[str, Any]]
WIDE = "🥖"
NOBODYS = "brand_00000000000000000000000000"

FITS: list[dict[str, Any]] = [
    {"url": "https://[2606:4700::1111]:8443/a/b?c=d"},
    {"url": f"{URL}/{'a' * (2048 - len(URL) - 1)}"},
    {"description": WIDE * 500},
    {"description": None, "brand_ids": None, "rate_per_second": None},
    {"event_types": ["post.published", "brand.*", "api_key.*", "*", "api_key.leaked"]},
    {"event_types": list(events.TYPES)},
    {"rate_per_second": 1, "max_in_flight": 1},
    {"rate_per_second": 1_000, "max_in_flight": 32},
    {"metadata": {f"{number:02}" + WIDE * 38: WIDE * 500 for number in range(20)}},
]
DOES_NOT: list[tuple[dict[str, Any], str]] = [
    ({"url": ""}, "/url"),
    ({"url": None}, "/url"),
    ({"url": ["https://example.com"]}, "/url"),
    ({"url": "example.com/hooks"}, "/url"),
    ({"url": "ftp://93.184.216.34/hooks"}, "/url"),
    ({"url": "https://me:hush@93.184.216.34/hooks"}, "/url"),
    ({"url": "https://93.184.216.34:22/hooks"}, "/url"),
    ({"url": "https://169.254.169.254/latest/meta-data"}, "/url"),
    ({"url": "https://93.184.216.34/a\r\nHost: b"}, "/url"),
    ({"url": "https://93.184.216.34/" + "a" * 2048}, "/url"),
    ({"description": "a" * 501}, "/description"),
    ({"description": 5}, "/description"),
    ({"event_types": []}, "/event_types"),
    ({"event_types": None}, "/event_types"),
    ({"event_types": "*"}, "/event_types"),
    ({"event_types": ["*", "post.publish"]}, "/event_types/1"),
    ({"event_types": ["post.comment.*"]}, "/event_types/0"),
    ({"event_types": ["posts.*"]}, "/event_types/0"),
    ({"event_types": ["POST.*"]}, "/event_types/0"),
    ({"event_types": [".*"]}, "/event_types/0"),
    ({"event_types": [7]}, "/event_types/0"),
    ({"brand_ids": []}, "/brand_ids"),
    ({"brand_ids": ["acme"]}, "/brand_ids/0"),
    ({"brand_ids": [NOBODYS]}, "/brand_ids/0"),
    ({"brand_ids": NOBODYS}, "/brand_ids"),
    ({"brand_ids": [f"brand_{number:026}" for number in range(101)]}, "/brand_ids"),
    ({"rate_per_second": 0}, "/rate_per_second"),
    ({"rate_per_second": 1_001}, "/rate_per_second"),
    ({"rate_per_second": 1.5}, "/rate_per_second"),
    ({"rate_per_second": True}, "/rate_per_second"),
    ({"max_in_flight": 0}, "/max_in_flight"),
    ({"max_in_flight": 33}, "/max_in_flight"),
    ({"max_in_flight": "8"}, "/max_in_flight"),
    ({"metadata": {"a": 1}}, "/metadata/a"),
    ({"metadata": {str(number): "" for number in range(21)}}, "/metadata"),
    ({"colour": "red"}, "/colour"),
]


def test_an_endpoint_is_enabled_from_the_start(account: Account, make_brand: Make) -> None:
    brand = make_brand()
    body = {
        "url": " HTTPS://[2606:4700:0::1111]:443 ",
        "description": " Orders ",
        "event_types": ["post.*", "brand.deleted", "post.*"],
        "brand_ids": [brand["id"], brand["id"]],
        "headers": {"Authorization": "Bearer hush"},
        "rate_per_second": 5,
        "metadata": {"crm": "7"},
    }
    answer = account.post("/webhook-endpoints", json=body)
    made = document(answer, 201)
    secret = made.pop("secret")
    assert made == {
        "id": made["id"],
        "url": "https://[2606:4700::1111]/",
        "description": "Orders",
        "event_types": ["post.*", "brand.deleted"],
        "brand_ids": [brand["id"]],
        "headers": ["Authorization"],
        "rate_per_second": 5,
        "max_in_flight": 8,
        "status": "enabled",
        "disabled_at": None,
        "disabled_reason": None,
        "mode": "live",
        "metadata": {"crm": "7"},
        "secret_last4": secret[-4:],
        "secret_activates_at": None,
        "health": {
            "state": "healthy",
            "failing_since": None,
            "held_until": None,
            "consecutive_failures": 0,
            "last_success_at": None,
            "last_failure": None,
            "pending": 0,
            "oldest_pending_at": None,
        },
        "version": 1,
        "created_at": made["created_at"],
        "created_by": {"type": "api_key", "id": account.key_id, "name": "A key"},
        "updated_at": made["created_at"],
    }
    assert made["id"].startswith("we_")
    assert answer.headers["Location"] == f"/v1/webhook-endpoints/{made['id']}"
    assert answer.headers["Cache-Control"] == "no-store"
    assert document(account.get(f"/webhook-endpoints/{made['id']}")) == made
    assert document(account.get("/webhook-endpoints"))["data"] == [made]


def test_what_fits_is_taken_and_can_be_sent_back(account: Account, make_endpoint: Make) -> None:
    for values in FITS:
        made = make_endpoint(**values, headers={"X-Secret": "hush"})
        del made["secret"]
        assert made == made | values
        answer = account.patch(f"/webhook-endpoints/{made['id']}", json=made)
        assert (answer.status_code, answer.get_json()) == (200, made)


def test_what_does_not_fit_is_named(account: Account, make_endpoint: Make) -> None:
    endpoint = make_endpoint(description="Untouched")
    del endpoint["secret"]
    path = f"/webhook-endpoints/{endpoint['id']}"
    for values, pointer in DOES_NOT:
        body = {"url": URL, "event_types": ["*"], **values}
        answer = account.post("/webhook-endpoints", json=body)
        assert {place for place, _ in entries(answer)} == {pointer}, values
        answer = account.patch(path, json=values)
        assert {place for place, _ in entries(answer)} == {pointer}, values
    assert entries(account.post("/webhook-endpoints", json={"max_in_flight": 0})) == {
        ("/url", "required"),
        ("/event_types", "required"),
        ("/max_in_flight", "invalid"),
    }
    assert document(account.get("/webhook-endpoints"))["data"] == [endpoint]


def test_unknown_events_are_told_what_there_is(account: Account) -> None:
    body = {"url": URL, "event_types": ["posts.*"]}
    answer = problem(account.post("/webhook-endpoints", json=body), 422, "validation_failed")
    (entry,) = answer["errors"]
    for name in ("*", "post.*", "webhook_endpoint.*", *events.TYPES):
        assert name in entry["detail"]


@pytest.mark.parametrize("brand", ["another workspace's", "of the other mode"])
def test_a_brand_that_is_not_seen_is_none(
    account: Account, other_account: Account, make_brand: Make, brand: str
) -> None:
    owner = other_account if brand == "another workspace's" else account.with_key(mode="test")
    body = {
        "url": URL,
        "event_types": ["*"],
        "brand_ids": [make_brand()["id"], make_brand(owner)["id"]],
    }
    answer = problem(account.post("/webhook-endpoints", json=body), 422, "validation_failed")
    assert answer["errors"] == [
        {"code": "invalid", "detail": "There is no such brand here.", "pointer": "/brand_ids/1"}
    ]


def test_null_and_what_is_left_out(account: Account, make_endpoint: Make, make_brand: Make) -> None:
    values = {"description": "A", "brand_ids": [make_brand()["id"]], "headers": {"A": "b"},
              "rate_per_second": 7, "max_in_flight": 9, "metadata": {"a": "b"}}  # fmt: skip
    endpoint = make_endpoint(**values)
    path = f"/webhook-endpoints/{endpoint['id']}"
    assert document(account.patch(path, json={}))["version"] == 1
    cleared = document(account.patch(path, json=dict.fromkeys(values)))
    assert [cleared[name] for name in values] == [None, None, [], None, 8, {}]
    assert cleared["version"] == 2


def test_what_is_read_only_stays(account: Account, make_endpoint: Make) -> None:
    endpoint = make_endpoint()
    path = f"/webhook-endpoints/{endpoint['id']}"
    for name, value in (
        ("status", "disabled"),
        ("mode", "test"),
        ("secret_last4", "0000"),
        ("version", 7),
        ("created_by", None),
    ):
        answer = account.patch(path, json={name: value})
        assert entries(answer) == {(f"/{name}", "read_only_field")}
    assert entries(account.patch(path, json={"secret": "mine"})) == {("/secret", "unknown_field")}
    was_failing = endpoint["health"] | {"state": "failing", "consecutive_failures": 4}
    answer = account.patch(path, json={"health": was_failing, "description": "New"})
    assert document(answer)["health"] == endpoint["health"]


def test_a_change_is_a_version_and_on_the_audit_log(account: Account, make_endpoint: Make) -> None:
    endpoint = make_endpoint()
    del endpoint["secret"]
    path = f"/webhook-endpoints/{endpoint['id']}"
    patch = {"url": URL + "/2", "event_types": ["post.*"], "metadata": {"a": "b"}}
    changed = account.patch(path, json=patch)
    shown = document(changed)
    assert shown == endpoint | patch | {"version": 2, "updated_at": shown["updated_at"]}
    assert changed.headers["ETag"] == '"2"'
    stale = {"If-Match": '"1"'}
    for answer in (
        account.patch(path, json={"description": "A"}, headers=stale),
        account.delete(path, headers=stale),
        account.post(path + "/disable", headers=stale),
        account.post(path + "/rotate-secret", headers=stale),
        account.post(path + "/activate-secret", headers=stale),
    ):
        problem(answer, 412, "precondition_failed")
    assert account.get(path, headers={"If-None-Match": '"2"'}).status_code == 304
    for same in ({}, shown, {"url": f" {URL}/2 "}):
        assert document(account.patch(path, json=same)) == shown
    created, updated = audit_of(account.app, endpoint["id"])
    assert created.action == "webhook_endpoint.created"
    assert created.detail == {"url": URL, "event_types": ["*"]}
    assert updated.action == "webhook_endpoint.updated"
    assert updated.detail == {
        "url": URL + "/2",
        "previous": {"url": URL, "event_types": ["*"], "metadata": {}},
        "changed": {"url": URL + "/2", "event_types": ["post.*"], "metadata": {"a": "b"}},
    }


def test_they_are_listed_newest_first_by_pages_and_status(
    account: Account, make_endpoint: Make
) -> None:
    made = [make_endpoint()["id"] for _ in range(5)]
    account.post(f"/webhook-endpoints/{made[1]}/disable")
    found, query = [], "?limit=2"
    while query:
        page = document(account.get("/webhook-endpoints" + query))
        found += [each["id"] for each in page["data"]]
        query = f"?limit=2&cursor={page['next_cursor']}" if page["has_more"] else ""
    assert found == made[::-1]
    disabled = document(account.get("/webhook-endpoints?status=disabled"))["data"]
    assert [each["id"] for each in disabled] == [made[1]]
    assert len(document(account.get("/webhook-endpoints?status=enabled"))["data"]) == 4
    assert entries(account.get("/webhook-endpoints?status=off")) == {("status", "invalid")}
