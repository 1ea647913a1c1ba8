"""Turning endpoints off and on, and deleting them: what is left, and when it holds."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import select

from anthyx_server import clock, db, events
from anthyx_server.errors import InvalidState
from anthyx_server.webhooks import WebhookEndpoint
from anthyx_server.webhooks.disabling import FAILING, disable, enable
from anthyx_server.webhooks.endpoint_views import show
from anthyx_server.webhooks.endpoints import jobs
from anthyx_server.webhooks.models import WebhookDelivery, WebhookQueue
from server.tests.keys.answers import audit_of, document, events_of
from server.tests.webhooks.endpoints.conftest import URL
from server.tests.webhooks.endpoints.test_losses import sent
from tests.support.apps import Account
from tests.support.problems import problem

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def ordered(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The feeds in whose order transactions have taken part without publishing."""
    taken: list[tuple[str, str]] = []
    in_order = events.in_order

    def note(workspace_id: str, mode: str) -> None:
        taken.append((workspace_id, mode))
        in_order(workspace_id, mode)

    monkeypatch.setattr(events, "in_order", note)
    return taken


def test_what_decides_where_events_go_is_in_their_order(
    account: Account, make_endpoint: Make, make_brand: Make, ordered: list[tuple[str, str]]
) -> None:
    def is_ordered(answer: Any) -> bool:
        assert answer.status_code < 300, answer.json
        found = bool(ordered)
        assert set(ordered) <= {(account.workspace_id, account.mode)}
        ordered.clear()
        return found

    brand = make_brand()["id"]
    made = account.post("/webhook-endpoints", json={"url": URL, "event_types": ["*"]})
    assert is_ordered(made)
    path = f"/webhook-endpoints/{made.get_json()['id']}"
    for patch, expected in (
        ({"url": URL + "/2"}, True),
        ({"event_types": ["brand.*"]}, True),
        ({"brand_ids": [brand]}, True),
        ({"description": "A", "metadata": {"a": "b"}, "headers": {"A": "b"}}, False),
        ({"rate_per_second": 5, "max_in_flight": 5}, False),
    ):
        assert is_ordered(account.patch(path, json=patch)) is expected, patch
    assert not is_ordered(account.post(path + "/rotate-secret"))
    assert is_ordered(account.post(path + "/disable"))
    assert is_ordered(account.delete(f"/brands/{brand}"))
    assert is_ordered(account.delete(path))


def test_disabled_it_keeps_what_it_misses(account: Account, make_endpoint: Make) -> None:
    endpoint = make_endpoint(event_types=["brand.*"])
    path = f"/webhook-endpoints/{endpoint['id']}"
    account.post("/brands", json={"name": "Before"})
    answer = account.post(path + "/disable")
    shown = document(answer)
    assert (shown["status"], shown["disabled_reason"], shown["version"]) == (
        "disabled",
        "requested",
        2,
    )
    assert shown["disabled_at"] == shown["updated_at"]
    assert shown["health"]["state"] == "disabled"
    assert answer.headers["ETag"] == '"2"'
    account.post("/brands", json={"name": "After"})
    assert sent(account, endpoint["id"]) == [
        ("brand.created", "pending"),
        ("brand.created", "skipped"),
    ]
    told = problem(account.post(path + "/disable"), 409, "invalid_state")
    assert told["state"] == "disabled"
    assert document(account.patch(path, json={"description": "New"}))["status"] == "disabled"
    assert [each["type"] for each in events_of(account.app, endpoint["id"])] == []
    entry = audit_of(account.app, endpoint["id"])[1]
    assert entry.action == "webhook_endpoint.disabled"
    assert entry.detail == {"url": URL, "reason": "requested"}


def in_transaction(account: Account, endpoint_id: str, act: Callable[..., None]) -> dict[str, Any]:
    """Do something with an endpoint as the engine or a command would; as it is shown then."""
    with account.app.app_context():
        with db.transaction():
            act(account.caller, db.db.session.get_one(WebhookEndpoint, endpoint_id))
        return show(account.caller, db.db.session.get_one(WebhookEndpoint, endpoint_id))


def test_by_itself_it_tells_the_others_and_is_on_again_without_its_past(
    account: Account, make_endpoint: Make
) -> None:
    failing, listener = make_endpoint()["id"], make_endpoint()["id"]
    moment = clock.now() - timedelta(days=6)
    with account.app.app_context(), db.transaction():
        queue = db.db.session.get_one(WebhookQueue, failing)
        queue.failing_since, queue.held_until = moment, clock.now() + timedelta(days=1)
        queue.consecutive_failures, queue.last_success_at = 500, moment
        queue.sequence = 7
    turn_off = functools.partial(disable, reason=FAILING)
    off = in_transaction(account, failing, turn_off)
    assert (off["status"], off["disabled_reason"], off["version"]) == ("disabled", "failing", 2)
    assert in_transaction(account, failing, turn_off) == off, "it is off already"
    (event,) = events_of(account.app, failing)
    assert event["type"] == "webhook_endpoint.disabled"
    assert event["data"]["object"] == off
    assert event["data"]["previous"]["health"]["state"] == "held"
    assert event["data"]["previous"].keys() == {
        "status", "disabled_at", "disabled_reason", "health", "version", "updated_at"
    }  # fmt: skip
    assert sent(account, listener) == [("webhook_endpoint.disabled", "pending")]
    assert sent(account, failing) == []
    on = in_transaction(account, failing, enable)
    assert (on["status"], on["disabled_at"], on["disabled_reason"]) == ("enabled", None, None)
    assert on["version"] == 3
    assert on["health"] == off["health"] | {
        "state": "healthy",
        "failing_since": None,
        "held_until": None,
        "consecutive_failures": 0,
    }
    with account.app.app_context():
        assert db.db.session.get_one(WebhookQueue, failing).sequence == 7
    assert audit_of(account.app, failing)[2].action == "webhook_endpoint.enabled"


def test_without_a_brand_it_stays_off(
    account: Account, make_endpoint: Make, make_brand: Make
) -> None:
    brand = make_brand()["id"]
    endpoint_id = make_endpoint(brand_ids=[brand])["id"]
    account.delete(f"/brands/{brand}")
    with pytest.raises(InvalidState, match="brand_ids"):
        in_transaction(account, endpoint_id, enable)
    account.patch(f"/webhook-endpoints/{endpoint_id}", json={"brand_ids": [make_brand()["id"]]})
    assert in_transaction(account, endpoint_id, enable)["status"] == "enabled"


def test_deleted_it_is_gone_but_for_its_deliveries(account: Account, make_endpoint: Make) -> None:
    endpoint = make_endpoint(headers={"A": "b"})
    path = f"/webhook-endpoints/{endpoint['id']}"
    account.post("/brands", json={"name": "Before"})
    answer = account.delete(path)
    assert (answer.status_code, answer.get_data()) == (204, b"")
    account.post("/brands", json={"name": "After"})
    for method, tail in (
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("GET", "/secret"),
        ("POST", "/rotate-secret"),
        ("POST", "/activate-secret"),
        ("POST", "/disable"),
    ):
        answer = account.request(method, path + tail, json=None if method == "GET" else {})
        problem(answer, 404, "not_found")
    assert document(account.get("/webhook-endpoints"))["data"] == []
    assert sent(account, endpoint["id"]) == [("brand.created", "pending")]
    with account.app.app_context():
        row = db.db.session.get_one(WebhookEndpoint, endpoint["id"])
        kept = (row.sealed_secrets, row.sealed_headers, row.encryption_key_id, row.secret_last4)
        assert kept == (None, None, None, "")
        assert row.deleted_at is not None
        assert db.db.session.get(WebhookQueue, endpoint["id"]) is None
    assert audit_of(account.app, endpoint["id"])[1].action == "webhook_endpoint.deleted"


def test_a_deleted_endpoint_is_forgotten_after_its_last_delivery(
    account: Account, make_endpoint: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = make_endpoint()["id"]
    idle, living = (make_endpoint(event_types=["post.*"])["id"] for _ in range(2))
    account.post("/brands", json={"name": "One"})
    for endpoint_id in (busy, idle):
        account.delete(f"/webhook-endpoints/{endpoint_id}")
    now = clock.now

    def rows_after(days: int) -> set[str]:
        monkeypatch.setattr(clock, "now", lambda: now() + timedelta(days=days))
        with account.app.app_context():
            jobs.forget_deleted_endpoints()
            return set(db.db.session.scalars(select(WebhookEndpoint.id)))

    assert rows_after(29) == {busy, idle, living}
    assert rows_after(31) == {busy, living}
    with account.app.app_context(), db.transaction():
        db.db.session.execute(sa.delete(WebhookDelivery))
    assert rows_after(31) == {living}
