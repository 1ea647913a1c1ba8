"""Turning endpoints off, by hand or by themselves, and on again: both directions in one place."""

from __future__ import annotations

from anthyx_server import audit, events
from anthyx_server.db import db
from anthyx_server.errors import InvalidState
from anthyx_server.tenancy import Caller, locked, owned
from anthyx_server.webhooks.endpoint_views import show
from anthyx_server.webhooks.models import WebhookEndpoint, WebhookQueue

REQUESTED = "requested"
FAILING = "failing"
GONE = "gone"
BRANDS_DELETED = "brands_deleted"
KEY_LEAKED = "key_leaked"
REASONS = (REQUESTED, FAILING, GONE, BRANDS_DELETED, KEY_LEAKED)


def disable(caller: Caller, endpoint: WebhookEndpoint, reason: str) -> None:
    """Turn a locked endpoint off, for one of `REASONS`; nothing happens where it is off already.

    Unless somebody asked for it, the other endpoints are told.
    """
    if endpoint.status == "disabled":
        return
    before = show(caller, endpoint)
    endpoint.bump()
    endpoint.status = "disabled"
    endpoint.disabled_at = endpoint.updated_at
    endpoint.disabled_reason = reason
    _settle(caller, endpoint, "webhook_endpoint.disabled", reason=reason)
    if reason == REQUESTED:
        return
    shown = show(caller, endpoint)
    events.publish(
        caller,
        "webhook_endpoint.disabled",
        ("webhook_endpoint", endpoint.id),
        shown,
        previous={name: value for name, value in before.items() if shown[name] != value},
    )


def enable(caller: Caller, endpoint: WebhookEndpoint) -> None:
    """Turn a locked endpoint on; it begins without the failures of before.

    Whoever calls this decides about what was kept meanwhile.

    Raises:
        InvalidState: it has lost its last brand, so that nothing could reach it.
    """
    if endpoint.brand_ids is not None and not endpoint.brand_ids:
        raise InvalidState(
            f"{endpoint.id} has lost its last brand: give it others in brand_ids first.",
            extra={"state": endpoint.status},
        )
    endpoint.bump()
    endpoint.status = "enabled"
    endpoint.disabled_at = endpoint.disabled_reason = None
    query = owned(WebhookQueue, caller).where(WebhookQueue.endpoint_id == endpoint.id)
    queue: WebhookQueue = db.session.scalars(locked(query)).one()
    queue.failing_since = queue.held_until = None
    queue.consecutive_failures = 0
    _settle(caller, endpoint, "webhook_endpoint.enabled")


def _settle(caller: Caller, endpoint: WebhookEndpoint, action: str, **detail: str) -> None:
    """Write it down; it holds from a place between two events on."""
    db.session.flush()
    audit.record(caller, action, "webhook_endpoint", endpoint.id, url=endpoint.url, **detail)
    events.in_order(endpoint.workspace_id, endpoint.mode)
