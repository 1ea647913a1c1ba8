"""What `/v1/webhook-endpoints` tells of deliveries, and has sent: enable, recover, test, stats."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint

from anthyx_server.operations import Reply, operation
from anthyx_server.tenancy import Caller
from anthyx_server.webhooks.deliveries import manual, recoveries, schemas, stats
from anthyx_server.webhooks.deliveries.views import present, present_recovery
from anthyx_server.webhooks.models import WebhookRecovery

blueprint = Blueprint("webhook_endpoint_deliveries", __name__)


@operation(
    blueprint,
    "POST",
    "/webhook-endpoints/<endpoint_id>/enable",
    scope="webhooks:write",
    body=schemas.EnableWebhookEndpointSchema,
    returns=schemas.WebhookRecoverySchema(),
    status=202,
    is_conditional=True,
)
def enable_webhook_endpoint(caller: Caller, endpoint_id: str, body: dict[str, Any]) -> Reply:
    """Enable an endpoint, and say how much is to be sent of what it missed.

    The backlog is none, all that was skipped since the endpoint was disabled, or what was skipped
    and is from a time or later. Answers with the recovery that sends it.
    """
    recovery = recoveries.enable(caller, endpoint_id, body["backlog"])
    recovery_id = recovery.id

    def counted() -> Reply:
        return _accepted(recoveries.find(caller, recovery_id))

    # What was skipped last is counted with the commit.
    location = f"/v1/webhook-recoveries/{recovery.id}"
    return Reply(present_recovery(recovery), 202, location=location, then=counted)


@operation(
    blueprint,
    "POST",
    "/webhook-endpoints/<endpoint_id>/recover",
    scope="webhooks:write",
    body=schemas.RecoverWebhookEndpointSchema,
    returns=schemas.WebhookRecoverySchema(),
    status=202,
    also={200: schemas.WebhookRecoverySchema()},
    is_conditional=True,
)
def recover_webhook_endpoint(caller: Caller, endpoint_id: str, body: dict[str, Any]) -> Reply:
    """Send again what did not arrive since a time: dead, skipped and failed deliveries.

    They are sent as fast as the endpoint takes them. With dry_run nothing is sent: the answer, 200,
    says how many there are.
    """
    is_dry = body["dry_run"]
    recovery = recoveries.recover(caller, endpoint_id, body["since"], is_dry=is_dry)
    if is_dry:
        return Reply(present_recovery(recovery) | {"id": None, "created_at": None})
    return _accepted(recovery)


def _accepted(recovery: WebhookRecovery) -> Reply:
    return Reply(present_recovery(recovery), 202, location=f"/v1/webhook-recoveries/{recovery.id}")


@operation(
    blueprint,
    "POST",
    "/webhook-endpoints/<endpoint_id>/test",
    scope="webhooks:write",
    body=schemas.TestWebhookEndpointSchema,
    is_body_optional=True,
    returns=schemas.WebhookAttemptSchema(),
    also={202: schemas.WebhookDeliverySchema()},
    is_conditional=True,
)
def test_webhook_endpoint(caller: Caller, endpoint_id: str, body: dict[str, Any]) -> Reply:
    """Send an example of an event to an endpoint, and answer with the attempt.

    It is sent whatever the endpoint has subscribed to, once, and says nothing of its health. Where
    no worker gets to it in time, the answer is 202 and the delivery, which will still be sent; so
    it is where an Idempotency-Key is used again. At most 10 a minute, redeliveries included.
    """
    delivery = manual.start_test(caller, endpoint_id, body["event_type"])
    delivery_id = delivery.id
    waiting = Reply(present(delivery), 202, location=f"/v1/webhook-deliveries/{delivery_id}")

    def tried() -> Reply:
        attempt = manual.await_attempt(caller, delivery_id)
        return waiting if attempt is None else Reply(attempt)

    return replace(waiting, then=tried)


@operation(
    blueprint,
    "GET",
    "/webhook-endpoints/<endpoint_id>/stats",
    scope="webhooks:read",
    query=schemas.WebhookStatsQuerySchema,
    returns=schemas.WebhookStatsSchema(),
)
def get_webhook_endpoint_stats(caller: Caller, endpoint_id: str, query: dict[str, Any]) -> Reply:
    """Get how many attempts succeeded and failed, and how long they took, by hour or day in UTC.

    Percentiles are exact under 64 ms, and off by 1.6 % at most above. The default is the last 24
    hours or 30 days.
    """
    return Reply(stats.read(caller, endpoint_id, query))
