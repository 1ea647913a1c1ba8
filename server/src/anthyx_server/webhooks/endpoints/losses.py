"""What endpoints lose: brands that are deleted, trust in a key that leaked, their workspace."""

from __future__ import annotations

from functools import partial

from anthyx_server import audit, events
from anthyx_server.db import before_commit
from anthyx_server.keys import ApiKey
from anthyx_server.tenancy import Caller, system_caller
from anthyx_server.webhooks.disabling import BRANDS_DELETED, KEY_LEAKED, REQUESTED, disable
from anthyx_server.webhooks.endpoints.lookup import lock_those
from anthyx_server.webhooks.models import WebhookEndpoint


def forget_brand(caller: Caller, brand_id: str) -> None:
    """Take a brand that is deleted in this transaction from the endpoints restricted to it.

    One that loses its last brand is turned off: nothing could reach it any more. The brand leaves
    as the transaction commits, once its own deletion has been sent on its way.
    """
    for endpoint in lock_those(caller, lambda each: brand_id in (each.brand_ids or ())):
        rest = [each for each in endpoint.brand_ids or () if each != brand_id]
        audit.record(
            caller,
            "webhook_endpoint.updated",
            "webhook_endpoint",
            endpoint.id,
            url=endpoint.url,
            previous={"brand_ids": endpoint.brand_ids},
            changed={"brand_ids": rest},
        )
        if not rest:
            disable(caller, endpoint, BRANDS_DELETED)
        # First, so that events are numbered and fanned out before what is registered next.
        events.in_order(caller.workspace_id, caller.mode)
        before_commit(partial(_leave, endpoint, rest))


def _leave(endpoint: WebhookEndpoint, rest: list[str]) -> None:
    endpoint.brand_ids = rest
    endpoint.bump()


def distrust_leaked_key(caller: Caller, *, key: ApiKey, reason: str) -> None:
    """Turn off the endpoints that a key made, where it is revoked because it was found leaked.

    Whoever else held it may have made them. Connected to `keys.revoked`.
    """
    if reason != "leaked":
        return
    for endpoint in lock_those(caller, lambda each: each.created_by["id"] == key.id):
        disable(caller, endpoint, KEY_LEAKED)


def turn_off_all(workspace_id: str) -> None:
    """Turn off the endpoints of a workspace that is closed: nothing is sent for it any more."""
    for mode in ("live", "test"):
        caller = system_caller(workspace_id, mode)
        for endpoint in lock_those(caller, lambda _: True):
            disable(caller, endpoint, REQUESTED)
