"""Changing an endpoint by a merge patch (RFC 7396), as the API and the pages do."""

from __future__ import annotations

from typing import Any

from anthyx_server.merge_patch import patched
from anthyx_server.operations import require_scope
from anthyx_server.tenancy import Caller
from anthyx_server.webhooks import finding
from anthyx_server.webhooks.endpoint_views import show, tag
from anthyx_server.webhooks.endpoints import destinations, schemas, service
from anthyx_server.webhooks.endpoints.custom_headers import as_spelled
from anthyx_server.webhooks.endpoints.subscriptions import scopes_of
from anthyx_server.webhooks.models import WebhookEndpoint
from anthyx_server.webhooks.secret import opened

_writable = schemas.WritableWebhookEndpointSchema()


def apply(caller: Caller, endpoint_id: str, patch: dict[str, Any]) -> WebhookEndpoint:
    """Change an endpoint; it is locked until the transaction ends.

    Headers are merged with those that are stored; null removes them, or one of them.

    Raises:
        NotFound: there is none that the caller may see.
        ValidationFailed: with every problem of what it would be.
        PreconditionFailed: the request is meant for another version of it.
        InsufficientScope: the caller may not read all that would be subscribed to.
    """
    brands = service.hold_brands(caller, _texts(patch.get("brand_ids")))
    endpoint = finding.lock(caller, endpoint_id)
    destinations.keep(endpoint.url)
    shown = show(caller, endpoint)
    values = _patched(endpoint, shown, patch)
    require_scope(caller, "webhooks:write", *scopes_of(values["event_types"]))
    if values.get("brand_ids", shown["brand_ids"]) != shown["brand_ids"]:
        service.check_brands(caller, values["brand_ids"], brands)
    service.update(caller, endpoint, values)
    return endpoint


def _texts(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _patched(
    endpoint: WebhookEndpoint, shown: dict[str, Any], patch: dict[str, Any]
) -> dict[str, Any]:
    """What is to be set; of headers and brands only if the patch has them.

    Headers are shown by name alone, so what is shown may come back; the brands may all be gone.
    """
    if patch.get("headers") == shown["headers"]:
        patch = {name: value for name, value in patch.items() if name != "headers"}
    if patch.get("brand_ids") == shown["brand_ids"]:
        patch = {name: value for name, value in patch.items() if name != "brand_ids"}
    # Health changes by itself: what is sent back may be of before.
    known = shown | {"headers": {}, "health": patch.get("health")}
    if isinstance(patch.get("headers"), dict):
        known["headers"] = opened(endpoint).headers
        patch = patch | {"headers": as_spelled(patch["headers"], endpoint.header_names)}
    if "brand_ids" not in patch:
        known["brand_ids"] = None
    values = patched(_writable, known, tag(endpoint), patch)
    return {
        name: value
        for name, value in values.items()
        if name in patch or name not in {"headers", "brand_ids"}
    }
