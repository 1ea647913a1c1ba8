"""Deliveries, attempts and recoveries as the API shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from anthyx_server import clock
from anthyx_server.clock import rfc3339, rfc3339_or_none
from anthyx_server.shown import as_shown
from anthyx_server.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookRecovery

STATUSES = ("pending", "succeeded", "failed", "dead", "skipped")
TRIGGERS = ("automatic", "manual", "recovery", "test")
MASKED = "[masked]"
USER_AGENT = "Anthyx-Webhooks/1"

# A delivery as customers see it, in this order.
SHOWN_COLUMNS = tuple(
    as_shown(column)
    for column in (
        WebhookDelivery.id,
        WebhookDelivery.event_id,
        WebhookDelivery.event_type,
        WebhookDelivery.brand_id,
        WebhookDelivery.endpoint_id,
        WebhookDelivery.recovery_id,
        WebhookDelivery.sequence,
        WebhookDelivery.status,
        WebhookDelivery.attempts_made,
        WebhookDelivery.next_attempt_at,
        WebhookDelivery.created_at,
        WebhookDelivery.completed_at,
    )
)
_NAMES = tuple(str(column.key) for column in SHOWN_COLUMNS)


def present_row(row: Any) -> dict[str, Any]:
    """A row that starts with `SHOWN_COLUMNS`, as `present` shows a delivery."""
    return dict(zip(_NAMES, row, strict=False))


def present(delivery: WebhookDelivery) -> dict[str, Any]:
    """A delivery as customers see it, without its attempts."""
    return {
        "id": delivery.id,
        "event_id": delivery.event_id,
        "event_type": delivery.event_type,
        "brand_id": delivery.brand_id,
        "endpoint_id": delivery.endpoint_id,
        "recovery_id": delivery.recovery_id,
        "sequence": delivery.sequence,
        "status": delivery.status,
        "attempts_made": delivery.attempts_made,
        "next_attempt_at": rfc3339_or_none(delivery.next_attempt_at),
        "created_at": rfc3339(delivery.created_at),
        "completed_at": rfc3339_or_none(delivery.completed_at),
    }


def present_attempt(attempt: WebhookAttempt, delivery: WebhookDelivery) -> dict[str, Any]:
    """One attempt, with the headers as they were sent and the head of the answer."""
    error = None
    if attempt.error_code is not None:
        error = {"code": attempt.error_code, "detail": attempt.error_detail or ""}
    body = attempt.response_body
    return {
        "id": attempt.id,
        "delivery_id": attempt.delivery_id,
        "number": attempt.number,
        "trigger": attempt.trigger,
        "url": attempt.url,
        "started_at": rfc3339(attempt.started_at),
        "duration_ms": attempt.duration_ms,
        "phases": {
            "dns_ms": attempt.dns_ms,
            "connect_ms": attempt.connect_ms,
            "tls_ms": attempt.tls_ms,
            "first_byte_ms": attempt.first_byte_ms,
        },
        "peer_address": attempt.peer_address,
        "request_headers": _request_headers(attempt, delivery),
        "status_code": attempt.status_code,
        "error": error,
        "response_headers": _response_headers(attempt.response_headers),
        # What is no UTF-8 is shown as U+FFFD: a receiver may answer with anything.
        "response_body": None if body is None else body.decode("utf-8", "replace"),
    }


def _request_headers(attempt: WebhookAttempt, delivery: WebhookDelivery) -> dict[str, str]:
    started_at = clock.milliseconds(attempt.started_at) // 1000
    headers = {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "webhook-id": delivery.event_id,
        "webhook-timestamp": str(started_at),
        "X-Anthyx-Event": delivery.event_type,
        "X-Anthyx-Delivery": delivery.id,
        "X-Anthyx-Attempt": str(attempt.number),
    }
    if delivery.sequence is not None:
        headers["X-Anthyx-Sequence"] = str(delivery.sequence)
    custom = dict.fromkeys(attempt.custom_headers or (), MASKED)
    return headers | (attempt.signatures or {}) | custom


def _response_headers(pairs: Sequence[Sequence[str]] | None) -> dict[str, str] | None:
    """Each name once, its values joined as RFC 9110, section 5.3, has it; cookies never."""
    if pairs is None:
        return None
    found: dict[str, tuple[str, list[str]]] = {}
    for name, value in pairs:
        if name.lower() not in {"set-cookie", "set-cookie2"}:
            found.setdefault(name.lower(), (name, []))[1].append(value)
    return {name: ", ".join(values) for name, values in found.values()}


def present_recovery(recovery: WebhookRecovery) -> dict[str, Any]:
    """A recovery and how far it has come."""
    return {
        "id": recovery.id,
        "endpoint_id": recovery.endpoint_id,
        "since": rfc3339_or_none(recovery.since),
        "matched": recovery.matched,
        "queued": recovery.queued,
        "done": recovery.completed_at is not None,
        "created_at": rfc3339(recovery.created_at),
        "completed_at": rfc3339_or_none(recovery.completed_at),
    }
