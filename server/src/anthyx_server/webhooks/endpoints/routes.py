"""`/v1/webhook-endpoints`: the settings of endpoints, and their secrets."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from anthyx_server.errors import InvalidState
from anthyx_server.keys import PlanLimitReached, RotationInProgress
from anthyx_server.operations import Reply, operation, require_scope
from anthyx_server.tenancy import Caller
from anthyx_server.webhooks import finding
from anthyx_server.webhooks.disabling import REQUESTED, disable
from anthyx_server.webhooks.endpoint_views import show, tag
from anthyx_server.webhooks.endpoints import (
    destinations,
    lookup,
    patching,
    rotation,
    schemas,
    service,
)
from anthyx_server.webhooks.endpoints.subscriptions import scopes_of
from anthyx_server.webhooks.models import WebhookEndpoint

blueprint = Blueprint("webhook-endpoints", __name__)


def _reply(caller: Caller, endpoint: WebhookEndpoint, status: int = 200, **options: Any) -> Reply:
    return Reply(show(caller, endpoint), status, etag=tag(endpoint), **options)


@operation(
    blueprint,
    "GET",
    "/webhook-endpoints",
    scope="webhooks:read",
    query=schemas.ListWebhookEndpointsQuerySchema,
    returns=schemas.WebhookEndpointSchema(),
    is_list=True,
)
def list_webhook_endpoints(caller: Caller, query: dict[str, Any]) -> Reply:
    """List webhook endpoints, newest first."""
    return Reply(lookup.list_page(caller, query))


@operation(
    blueprint,
    "POST",
    "/webhook-endpoints",
    scope="webhooks:write",
    body=schemas.WritableWebhookEndpointSchema,
    returns=schemas.IssuedWebhookEndpointSchema(),
    status=201,
    prepare=destinations.look_up,
    errors=(PlanLimitReached,),
)
def create_webhook_endpoint(caller: Caller, body: dict[str, Any]) -> Reply:
    """Create a webhook endpoint; the answer holds the secret that its requests are signed with.

    The key needs the read scope of every family of events that is subscribed to.
    """
    require_scope(caller, "webhooks:write", *scopes_of(body["event_types"]))
    made = service.create(caller, body)
    location = f"/v1/webhook-endpoints/{made.endpoint.id}"
    return _reply(caller, made.endpoint, 201, location=location, secret=made.secret)


@operation(
    blueprint,
    "GET",
    "/webhook-endpoints/<endpoint_id>",
    scope="webhooks:read",
    returns=schemas.WebhookEndpointSchema(),
    is_conditional=True,
)
def get_webhook_endpoint(caller: Caller, endpoint_id: str) -> Reply:
    """Get a webhook endpoint.

    Its health changes without a new version: ask without If-None-Match to see it as it is now.
    """
    return _reply(caller, finding.find(caller, endpoint_id))


@operation(
    blueprint,
    "PATCH",
    "/webhook-endpoints/<endpoint_id>",
    scope="webhooks:write",
    body=schemas.WritableWebhookEndpointSchema,
    returns=schemas.WebhookEndpointSchema(),
    is_conditional=True,
    prepare=destinations.look_up,
)
def update_webhook_endpoint(caller: Caller, endpoint_id: str, body: dict[str, Any]) -> Reply:
    """Change a webhook endpoint by a JSON merge patch (RFC 7396).

    Headers are merged with those that are stored; null removes them, or one of them. The key
    needs the read scope of every family of events that is subscribed to afterwards.
    """
    return _reply(caller, patching.apply(caller, endpoint_id, body))


@operation(
    blueprint,
    "DELETE",
    "/webhook-endpoints/<endpoint_id>",
    scope="webhooks:write",
    status=204,
    is_conditional=True,
)
def delete_webhook_endpoint(caller: Caller, endpoint_id: str) -> Reply:
    """Delete a webhook endpoint and its secrets.

    What still waits for it is not sent; its deliveries stay on record.
    """
    endpoint = finding.lock_if_match(caller, endpoint_id)
    service.delete(caller, endpoint)
    return Reply(None, 204)


@operation(
    blueprint,
    "GET",
    "/webhook-endpoints/<endpoint_id>/secret",
    scope="webhooks:secrets",
    returns=schemas.WebhookSecretSchema(),
    is_noted=True,
)
def get_webhook_endpoint_secret(caller: Caller, endpoint_id: str) -> Reply:
    """Get the secret of a webhook endpoint; that is noted on the audit log.

    While a rotation lasts, the secret before is `previous_secret`.
    """
    document = rotation.reveal(caller, finding.find(caller, endpoint_id))
    return Reply(document, secret=document["secret"])


@operation(
    blueprint,
    "POST",
    "/webhook-endpoints/<endpoint_id>/rotate-secret",
    scope="webhooks:secrets",
    body=schemas.RotateSecretSchema,
    is_body_optional=True,
    returns=schemas.IssuedWebhookEndpointSchema(),
    is_conditional=True,
    errors=(RotationInProgress,),
)
def rotate_secret_of_webhook_endpoint(
    caller: Caller, endpoint_id: str, body: dict[str, Any]
) -> Reply:
    """Give a webhook endpoint a new secret; the old one stays valid beside it for the overlap.

    `webhook-signature` carries both meanwhile. `X-Anthyx-Signature` stays with the old one until
    the overlap ends or the new one is activated; the new one's is in `X-Anthyx-Signature-Next`.
    """
    endpoint = finding.lock_if_match(caller, endpoint_id)
    secret = rotation.rotate(caller, endpoint, body["overlap_seconds"])
    return _reply(caller, endpoint, secret=secret)


@operation(
    blueprint,
    "POST",
    "/webhook-endpoints/<endpoint_id>/activate-secret",
    scope="webhooks:secrets",
    returns=schemas.WebhookEndpointSchema(),
    is_conditional=True,
)
def activate_secret_of_webhook_endpoint(caller: Caller, endpoint_id: str) -> Reply:
    """End the rotation of a secret now: the old one is forgotten.

    Where no rotation lasts, nothing changes.
    """
    endpoint = finding.lock_if_match(caller, endpoint_id)
    rotation.activate(caller, endpoint)
    return _reply(caller, endpoint)


@operation(
    blueprint,
    "POST",
    "/webhook-endpoints/<endpoint_id>/disable",
    scope="webhooks:write",
    returns=schemas.WebhookEndpointSchema(),
    is_conditional=True,
    errors=(InvalidState,),
)
def disable_webhook_endpoint(caller: Caller, endpoint_id: str) -> Reply:
    """Turn a webhook endpoint off; what it misses is kept until it is turned on again."""
    endpoint = finding.lock_if_match(caller, endpoint_id)
    if endpoint.status == "disabled":
        raise InvalidState(f"{endpoint.id} is disabled.", extra={"state": endpoint.status})
    disable(caller, endpoint, REQUESTED)
    return _reply(caller, endpoint)
