"""The endpoint that deliveries are asked for or sent to, as far as the caller may see it."""

from __future__ import annotations

from typing import Any

from flask import request
from sqlalchemy import Select

from anthyx_server.conditional import require_match
from anthyx_server.db import db
from anthyx_server.errors import NotFound
from anthyx_server.tenancy import Caller, locked, one, owned
from anthyx_server.webhooks.endpoint_views import tag
from anthyx_server.webhooks.errors import EndpointDisabled
from anthyx_server.webhooks.models import WebhookEndpoint, WebhookQueue


def find(caller: Caller, endpoint_id: str) -> WebhookEndpoint:
    """One endpoint; a deleted one too, for what is on record of it.

    Raises:
        NotFound: there is none that the caller may see.
    """
    return _seen(caller, _query(caller, endpoint_id), endpoint_id)


def lock(caller: Caller, endpoint_id: str) -> WebhookEndpoint:
    """One endpoint that is not deleted, its row locked until the transaction ends.

    Raises:
        NotFound: there is none that the caller may see.
        PreconditionFailed: the request is meant for another version of it.
    """
    query = _query(caller, endpoint_id).where(WebhookEndpoint.deleted_at.is_(None))
    endpoint = _seen(caller, locked(query), endpoint_id)
    require_match(request.headers.get("If-Match"), tag(endpoint))
    return endpoint


def lock_of_delivery(caller: Caller, endpoint_id: str) -> WebhookEndpoint | None:
    """The endpoint of a delivery that the caller may see, locked; None where it is deleted."""
    query = _query(caller, endpoint_id).where(WebhookEndpoint.deleted_at.is_(None))
    found: WebhookEndpoint | None = db.session.scalar(locked(query))
    return found


def lock_queue(caller: Caller, endpoint_id: str) -> WebhookQueue:
    """The queue of a locked endpoint, locked too: none of its deliveries is claimed meanwhile."""
    query = owned(WebhookQueue, caller).where(WebhookQueue.endpoint_id == endpoint_id)
    queue: WebhookQueue = db.session.scalars(locked(query)).one()
    return queue


def require_enabled(endpoint: WebhookEndpoint) -> None:
    """Check that something would be sent.

    Raises:
        EndpointDisabled: the endpoint is disabled.
    """
    if endpoint.status != "enabled":
        raise EndpointDisabled(
            f"{endpoint.id} is disabled: enable it first, and say how much of what it missed "
            "is to be sent.",
            extra={"state": "disabled"},
        )


def is_in_sight(caller: Caller, endpoint_id: str) -> bool:
    """Whether the caller may see an endpoint; a key of some brands those that are for no others."""
    endpoint: WebhookEndpoint | None = db.session.scalar(_query(caller, endpoint_id))
    return endpoint is not None and _is_seen(caller, endpoint)


def _query(caller: Caller, endpoint_id: str) -> Select[Any]:
    return owned(WebhookEndpoint, caller).where(WebhookEndpoint.id == endpoint_id)


def _seen(caller: Caller, query: Select[Any], endpoint_id: str) -> WebhookEndpoint:
    endpoint = one(WebhookEndpoint, query, "webhook endpoint", endpoint_id)
    if not _is_seen(caller, endpoint):
        raise NotFound(f"There is no webhook endpoint {endpoint_id} here.")
    return endpoint


def _is_seen(caller: Caller, endpoint: WebhookEndpoint) -> bool:
    if caller.brand_ids is None:
        return True
    return bool(endpoint.brand_ids) and caller.brand_ids.issuperset(endpoint.brand_ids or ())
