"""`/v1/webhook-deliveries` and `/v1/webhook-recoveries`."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from anthyx_server.errors import NotFound
from anthyx_server.operations import Reply, operation
from anthyx_server.tenancy import Caller
from anthyx_server.webhooks.deliveries import listing, manual, recoveries, schemas
from anthyx_server.webhooks.deliveries.views import present, present_recovery

blueprint = Blueprint("webhook_deliveries", __name__)


@operation(
    blueprint,
    "GET",
    "/webhook-deliveries",
    scope="webhooks:read",
    query=schemas.ListWebhookDeliveriesQuerySchema,
    returns=schemas.WebhookDeliverySchema(),
    is_list=True,
    errors=(NotFound,),
)
def list_webhook_deliveries(caller: Caller, query: dict[str, Any]) -> Reply:
    """List deliveries, newest first.

    With endpoint_id and after_sequence they come by their sequence, the lowest first: what an
    endpoint was sent after the one with that number. A key of some brands sees the deliveries of
    their events. Deliveries are kept for 30 days.
    """
    return Reply(listing.list_page(caller, query))


@operation(
    blueprint,
    "GET",
    "/webhook-deliveries/<delivery_id>",
    scope="webhooks:read",
    returns=schemas.WebhookDeliveryDetailSchema(),
)
def get_webhook_delivery(caller: Caller, delivery_id: str) -> Reply:
    """Get a delivery with its latest 50 attempts."""
    return Reply(listing.show_with_attempts(caller, delivery_id))


@operation(
    blueprint,
    "POST",
    "/webhook-deliveries/<delivery_id>/redeliver",
    scope="webhooks:write",
    returns=schemas.WebhookDeliverySchema(),
    status=202,
)
def redeliver_webhook_delivery(caller: Caller, delivery_id: str) -> Reply:
    """Have a delivery sent once more, at once.

    One attempt is made, whatever the health of the endpoint; if it fails, everything else stays as
    it was. At most 10 a minute per endpoint, tests included.
    """
    shown = present(manual.redeliver(caller, delivery_id))
    return Reply(shown, 202, location=f"/v1/webhook-deliveries/{delivery_id}")


@operation(
    blueprint,
    "GET",
    "/webhook-recoveries/<recovery_id>",
    scope="webhooks:read",
    returns=schemas.WebhookRecoverySchema(),
)
def get_webhook_recovery(caller: Caller, recovery_id: str) -> Reply:
    """Get how far a recovery has come."""
    return Reply(present_recovery(recoveries.find(caller, recovery_id)))
