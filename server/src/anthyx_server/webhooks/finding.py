"""Finding one endpoint, as far as the caller's key may see it, and locking it."""

from __future__ import annotations

from typing import Any

from flask import request
from sqlalchemy import Select

from anthyx_server.conditional import require_match
from anthyx_server.errors import NotFound
from anthyx_server.tenancy import Caller, locked, one, owned
from anthyx_server.webhooks.endpoint_views import is_in_sight, tag
from anthyx_server.webhooks.models import WebhookEndpoint


def find(caller: Caller, endpoint_id: str) -> WebhookEndpoint:
    """One endpoint.

    Raises:
        NotFound: there is none that the caller may see, or it was deleted.
    """
    return _seen(caller, living(caller), endpoint_id)


def find_on_record(caller: Caller, endpoint_id: str) -> WebhookEndpoint:
    """One endpoint; a deleted one too, for the deliveries that are kept of it.

    Raises:
        NotFound: there is none that the caller may see.
    """
    return _seen(caller, owned(WebhookEndpoint, caller), endpoint_id)


def lock(caller: Caller, endpoint_id: str) -> WebhookEndpoint:
    """One endpoint, its row locked until the transaction ends, so that versions never collide.

    Raises:
        NotFound: there is none that the caller may see, or it was deleted.
    """
    return _seen(caller, locked(living(caller)), endpoint_id)


def lock_if_match(caller: Caller, endpoint_id: str) -> WebhookEndpoint:
    """As `lock`, if the endpoint is of the version that the request's `If-Match` names, if any.

    Raises:
        NotFound: as `lock`.
        PreconditionFailed: the request is meant for another version.
    """
    endpoint = lock(caller, endpoint_id)
    require_match(request.headers.get("If-Match"), tag(endpoint))
    return endpoint


def living(caller: Caller, *columns: Any) -> Select[Any]:
    """Select the endpoints of the caller's workspace and mode that were not deleted."""
    return owned(WebhookEndpoint, caller, *columns).where(WebhookEndpoint.deleted_at.is_(None))


def _seen(caller: Caller, query: Select[Any], endpoint_id: str) -> WebhookEndpoint:
    query = query.where(WebhookEndpoint.id == endpoint_id)
    found = one(WebhookEndpoint, query, "webhook endpoint", endpoint_id)
    if not is_in_sight(caller, found.brand_ids):
        raise NotFound(f"There is no webhook endpoint {endpoint_id} here.")
    return found
