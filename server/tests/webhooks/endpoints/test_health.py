"""Health as it is shown, and what showing it costs when a lot waits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from anthyx_server import clock, db
from anthyx_server.webhooks.endpoint_views import MOST_COUNTED
from anthyx_server.webhooks.models import WebhookDelivery, WebhookQueue
from server.tests.keys.answers import document
from tests.support.apps import Account
from tests.support.costs import executed

Make = Callable[..., dict[str, Any]]


def add_deliveries(
    account: Account, endpoint_id: str, count: int, created_at: datetime, **values: Any
) -> None:
    rows = [
        {
            "workspace_id": account.workspace_id,
            "mode": account.mode,
            "id": f"dlv_{endpoint_id}_{created_at.timestamp()}_{number}",
            "endpoint_id": endpoint_id,
            "event_id": "evt_1",
            "event_type": "brand.created",
            "status": "pending",
            "trigger": "automatic",
            "attempts_made": 0,
            "round_attempts": 0,
            "next_attempt_at": created_at,
            "created_at": created_at,
            **values,
        }
        for number in range(count)
    ]
    with account.app.app_context(), db.transaction():
        db.db.session.execute(sa.insert(WebhookDelivery), rows)


def health(account: Account, endpoint_id: str) -> dict[str, Any]:
    """What is shown of an endpoint alone, which must be what the list shows."""
    shown: dict[str, Any] = document(account.get(f"/webhook-endpoints/{endpoint_id}"))["health"]
    page = document(account.get("/webhook-endpoints"))["data"]
    assert [each["health"] for each in page if each["id"] == endpoint_id] == [shown]
    return shown


def set_queue(account: Account, endpoint_id: str, **values: Any) -> None:
    with account.app.app_context(), db.transaction():
        queue = db.db.session.get_one(WebhookQueue, endpoint_id)
        for name, value in values.items():
            setattr(queue, name, value)


STATES: list[tuple[bool, int | None, str]] = [
    (False, None, "healthy"),
    (True, None, "failing"),
    (True, 60, "held"),
    (False, 60, "held"),
    (True, -1, "failing"),
    (False, -1, "healthy"),
]


def test_states(account: Account, make_endpoint: Make) -> None:
    endpoint_id, now = make_endpoint()["id"], clock.now()
    for failing, held_seconds, state in STATES:
        since = now - timedelta(hours=1) if failing else None
        until = None if held_seconds is None else now + timedelta(seconds=held_seconds)
        failure = {
            "at": clock.rfc3339(now),
            "delivery_id": "dlv_1",
            "event_type": "brand.created",
            "status_code": 503,
            "error_code": None,
        }
        set_queue(
            account,
            endpoint_id,
            failing_since=since,
            held_until=until,
            consecutive_failures=3,
            last_success_at=now,
            last_failure=failure,
        )
        assert health(account, endpoint_id) == {
            "state": state,
            "failing_since": clock.rfc3339_or_none(since),
            "held_until": clock.rfc3339_or_none(until) if state == "held" else None,
            "consecutive_failures": 3,
            "last_success_at": clock.rfc3339(now),
            "last_failure": failure,
            "pending": 0,
            "oldest_pending_at": None,
        }
    account.post(f"/webhook-endpoints/{endpoint_id}/disable")
    assert health(account, endpoint_id)["state"] == "disabled"


def test_what_waits_is_counted_of_each_by_itself(account: Account, make_endpoint: Make) -> None:
    one, other, none = (make_endpoint()["id"] for _ in range(3))
    now = clock.now()
    old = now - timedelta(hours=5)
    add_deliveries(account, one, 3, now)
    add_deliveries(account, one, 1, old, status="failed", next_attempt_at=now + timedelta(hours=9))
    add_deliveries(account, one, 2, old - timedelta(1), status="succeeded", next_attempt_at=None)
    add_deliveries(account, other, 2, now)
    shown = health(account, one)
    assert (shown["pending"], shown["oldest_pending_at"]) == (4, clock.rfc3339(old))
    assert health(account, other)["pending"] == 2
    assert health(account, none)["pending"] == 0


def test_a_deep_queue_is_counted_up_to_a_bound(account: Account, make_endpoint: Make) -> None:
    deep, now = make_endpoint()["id"], clock.now()
    add_deliveries(account, deep, MOST_COUNTED + 5, now)
    add_deliveries(account, deep, 5, now - timedelta(hours=1))
    shown = health(account, deep)
    assert shown["pending"] == MOST_COUNTED
    assert shown["oldest_pending_at"] == clock.rfc3339(now - timedelta(hours=1))


def test_a_list_takes_as_many_statements_as_it_has_parts(
    account: Account, make_endpoint: Make
) -> None:
    counts = []
    for _ in range(2):
        for _ in range(5):
            make_endpoint()
        account.get("/webhook-endpoints")  # the key's record is cached from here on
        with executed(account.app) as found:
            assert len(document(account.get("/webhook-endpoints"))["data"]) > 0
        counts.append(len([text for text, _ in found if "webhook_" in text]))
    assert counts == [2, 2]
