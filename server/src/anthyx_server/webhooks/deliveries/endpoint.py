"""The endpoint that something is to be sent to, and its queue, locked for that."""

from __future__ import annotations

from anthyx_server.db import db
from anthyx_server.tenancy import Caller, locked, owned
from anthyx_server.webhooks import finding
from anthyx_server.webhooks.errors import EndpointDisabled
from anthyx_server.webhooks.models import WebhookEndpoint, WebhookQueue


def lock_of_delivery(caller: Caller, endpoint_id: str) -> WebhookEndpoint | None:
    """The endpoint of a delivery that the caller may see, locked; None where it is deleted."""
    query = finding.living(caller).where(WebhookEndpoint.id == endpoint_id)
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
