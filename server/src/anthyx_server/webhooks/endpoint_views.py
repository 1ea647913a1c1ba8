"""An endpoint as the API and events show it, with its health; secrets and values never come out."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, literal, select, union_all

from anthyx_server import clock
from anthyx_server.clock import rfc3339, rfc3339_or_none
from anthyx_server.conditional import entity_tag
from anthyx_server.db import db
from anthyx_server.tenancy import Caller, owned
from anthyx_server.webhooks.models import WebhookDelivery, WebhookEndpoint, WebhookQueue
from anthyx_server.webhooks.secret import is_rotating

# However much waits, showing an endpoint looks at so many rows.
MOST_COUNTED = 1_000


class Waiting(NamedTuple):
    """How many deliveries wait (`MOST_COUNTED` stands for more, too), and since when."""

    pending: int = 0
    oldest_at: datetime | None = None


def tag(endpoint: WebhookEndpoint) -> str:
    """The entity tag: the end of a rotation, which the time alone brings, is part of it."""
    return entity_tag(endpoint.version, "rotating" if is_rotating(endpoint) else "")


def is_in_sight(caller: Caller, brand_ids: Collection[str] | None) -> bool:
    """Whether the caller's key may see an endpoint that is restricted to these brands.

    A key of some brands sees those that are for no others. One that has lost its last brand is
    nobody's but the workspace's.
    """
    if caller.brand_ids is None:
        return True
    return bool(brand_ids) and caller.brand_ids.issuperset(brand_ids or ())


def show(caller: Caller, endpoint: WebhookEndpoint) -> dict[str, Any]:
    """One endpoint as it is now."""
    query = owned(WebhookQueue, caller).where(WebhookQueue.endpoint_id == endpoint.id)
    queue: WebhookQueue | None = db.session.scalar(query)
    return view(endpoint, queue, count_waiting(caller, [endpoint.id])[endpoint.id])


def count_waiting(caller: Caller, endpoint_ids: Collection[str]) -> dict[str, Waiting]:
    """What waits for each of these endpoints of the caller, in one statement."""
    if not endpoint_ids:
        return {}
    counts = []
    for endpoint_id in endpoint_ids:
        due_first = (
            owned(WebhookDelivery, caller, WebhookDelivery.created_at)
            .where(
                WebhookDelivery.endpoint_id == endpoint_id,
                WebhookDelivery.next_attempt_at.is_not(None),
            )
            .order_by(WebhookDelivery.next_attempt_at)
            .limit(MOST_COUNTED)
            .subquery()
        )
        counts.append(
            select(
                literal(endpoint_id), func.count(), func.min(due_first.c.created_at)
            ).select_from(due_first)
        )
    rows = db.session.execute(union_all(*counts))
    return {endpoint_id: Waiting(count, oldest_at) for endpoint_id, count, oldest_at in rows}


def view(endpoint: WebhookEndpoint, queue: WebhookQueue | None, waiting: Waiting) -> dict[str, Any]:
    """All that a customer may see of an endpoint."""
    activates_at = endpoint.secret_activates_at if is_rotating(endpoint) else None
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "description": endpoint.description,
        "event_types": endpoint.event_types,
        "brand_ids": endpoint.brand_ids,
        "headers": endpoint.header_names,
        "rate_per_second": endpoint.rate_per_second,
        "max_in_flight": endpoint.max_in_flight,
        "status": endpoint.status,
        "disabled_at": rfc3339_or_none(endpoint.disabled_at),
        "disabled_reason": endpoint.disabled_reason,
        "mode": endpoint.mode,
        "metadata": endpoint.labels,
        "secret_last4": endpoint.secret_last4,
        "secret_activates_at": rfc3339_or_none(activates_at),
        "health": _health(endpoint, queue, waiting),
        "version": endpoint.version,
        "created_at": rfc3339(endpoint.created_at),
        "created_by": endpoint.created_by,
        "updated_at": rfc3339(endpoint.updated_at),
    }


def _health(
    endpoint: WebhookEndpoint, queue: WebhookQueue | None, waiting: Waiting
) -> dict[str, Any]:
    held_until = queue.held_until if queue is not None else None
    if held_until is not None and held_until <= clock.now():
        held_until = None
    failing_since = queue.failing_since if queue is not None else None
    return {
        "state": _state(endpoint, failing_since, held_until),
        "failing_since": rfc3339_or_none(failing_since),
        "held_until": rfc3339_or_none(held_until),
        "consecutive_failures": queue.consecutive_failures if queue is not None else 0,
        "last_success_at": rfc3339_or_none(queue.last_success_at if queue is not None else None),
        "last_failure": queue.last_failure if queue is not None else None,
        "pending": waiting.pending,
        "oldest_pending_at": rfc3339_or_none(waiting.oldest_at),
    }


def _state(
    endpoint: WebhookEndpoint, failing_since: datetime | None, held_until: datetime | None
) -> str:
    if endpoint.status == "disabled":
        return "disabled"
    if held_until is not None:
        return "held"
    return "healthy" if failing_since is None else "failing"
