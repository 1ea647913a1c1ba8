"""Deliveries, recoveries and what endpoints can do with them, as it goes over the wire and back."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from anthyx import (
    Anthyx,
    Page,
    WebhookAttempt,
    WebhookDelivery,
    WebhookDeliveryDetail,
    WebhookRecovery,
    WebhookStats,
)
from sdk.tests import samples
from sdk.tests.loopback import Loopback, ok
from sdk.tests.operations import Operation, assert_complete, assert_operation, ids_of

pytestmark = pytest.mark.enable_socket

SINCE = datetime(2026, 11, 1, 9, 30, tzinfo=timezone.utc)
SINCE_SENT = "2026-11-01T09:30:00.000Z"
SINCE_IN_QUERY = SINCE_SENT.replace(":", "%3A")
FOUND = f"endpoint_id=we_1&status=dead&created_after={SINCE_IN_QUERY}&after_sequence=0&limit=9"
ATTEMPT: dict[str, Any] = {
    "id": "att_1",
    "delivery_id": "dlv_1",
    "number": 1,
    "trigger": "test",
    "url": "https://example.com/hooks",
    "started_at": samples.TIME,
    "duration_ms": 184,
    "phases": {"dns_ms": 2, "connect_ms": 20, "tls_ms": 41, "first_byte_ms": 180},
    "peer_address": "192.0.2.7",
    "request_headers": {"webhook-id": "evt_1"},
    "status_code": 503,
    "error": {"code": "status", "detail": "The receiver answered 503."},
    "response_headers": {"Via": "a, b"},
    "response_body": "down",
}
DELIVERY: dict[str, Any] = {
    "id": "dlv_1",
    "event_id": "evt_1",
    "event_type": "post.published",
    "brand_id": None,
    "endpoint_id": "we_1",
    "recovery_id": None,
    "sequence": 7,
    "status": "failed",
    "attempts_made": 1,
    "next_attempt_at": samples.TIME,
    "created_at": samples.TIME,
    "completed_at": None,
}
RECOVERY: dict[str, Any] = {
    "id": "rcv_1",
    "endpoint_id": "we_1",
    "since": samples.TIME,
    "matched": 12,
    "queued": 3,
    "done": False,
    "created_at": samples.TIME,
    "completed_at": None,
}
BUCKET = {"start": samples.TIME, "succeeded": 5, "failed": 1, "p50_ms": 20, "p95_ms": None}
STATS: dict[str, Any] = {
    "granularity": "day",
    "start": samples.TIME,
    "end": samples.TIME,
    "data": [BUCKET],
}

CALLS: list[Operation] = [
    (
        lambda c: c.webhook_deliveries.list(
            endpoint_id="we_1", status="dead", created_after=SINCE, after_sequence=0, page_size=9
        ).page(),
        f"GET /webhook-deliveries?{FOUND}",
        ok(samples.page(DELIVERY)),
        Page,
        None,
    ),
    (
        lambda c: c.webhook_deliveries.get("d"),
        "GET /webhook-deliveries/d",
        ok({**DELIVERY, "attempts": [ATTEMPT]}),
        WebhookDeliveryDetail,
        None,
    ),
    (
        lambda c: c.webhook_deliveries.redeliver("d"),
        "POST /webhook-deliveries/d/redeliver",
        ok(DELIVERY, 202),
        WebhookDelivery,
        None,
    ),
    (
        lambda c: c.webhook_recoveries.get("r"),
        "GET /webhook-recoveries/r",
        ok(RECOVERY),
        WebhookRecovery,
        None,
    ),
    (
        lambda c: c.webhook_endpoints.enable("w", backlog="all", if_match='"1"'),
        "POST /webhook-endpoints/w/enable",
        ok(RECOVERY, 202),
        WebhookRecovery,
        {"backlog": "all"},
    ),
    (
        lambda c: c.webhook_endpoints.enable("w", backlog=SINCE),
        "POST /webhook-endpoints/w/enable",
        ok(RECOVERY, 202),
        WebhookRecovery,
        {"backlog": {"since": SINCE_SENT}},
    ),
    (
        lambda c: c.webhook_endpoints.recover("w", since=SINCE, dry_run=True),
        "POST /webhook-endpoints/w/recover",
        ok({**RECOVERY, "id": None, "created_at": None}),
        WebhookRecovery,
        {"since": SINCE_SENT, "dry_run": True},
    ),
    (
        lambda c: c.webhook_endpoints.test("w"),
        "POST /webhook-endpoints/w/test",
        ok(ATTEMPT),
        WebhookAttempt,
        {},
    ),
    (
        lambda c: c.webhook_endpoints.test("w", event_type="post.created"),
        "POST /webhook-endpoints/w/test",
        ok(DELIVERY, 202),
        WebhookDelivery,
        {"event_type": "post.created"},
    ),
    (
        lambda c: c.webhook_endpoints.stats("w", granularity="day", from_=SINCE),
        f"GET /webhook-endpoints/w/stats?granularity=day&from={SINCE_SENT.replace(':', '%3A')}",
        ok(STATS),
        WebhookStats,
        None,
    ),
]


@pytest.mark.parametrize("operation", CALLS, ids=ids_of(CALLS))
def test_each_method_is_one_operation(
    client: Anthyx, server: Loopback, operation: Operation
) -> None:
    assert_operation(server, client, operation)


def test_every_method_is_in_the_table_above(client: Anthyx) -> None:
    assert_complete([client.webhook_deliveries, client.webhook_recoveries], CALLS)


def test_a_delivery_is_read_to_its_depth(client: Anthyx, server: Loopback) -> None:
    server.answers(ok({**DELIVERY, "attempts": [ATTEMPT]}), ok(DELIVERY, 202))
    found = client.webhook_deliveries.get("d")
    (attempt,) = found.attempts
    assert (attempt.phases.tls_ms, attempt.started_at) == (41, found.created_at)
    assert attempt.error is not None
    assert attempt.error.code == "status"
    assert found.to_dict() == {**DELIVERY, "attempts": [ATTEMPT]}
    hash(found)
    client.webhook_deliveries.redeliver(found)
    assert server.seen[1].path == "/v1/webhook-deliveries/dlv_1/redeliver"
