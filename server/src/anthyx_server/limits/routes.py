"""`/v1/usage`."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g

from anthyx_server import buckets, clock, keys
from anthyx_server.errors import NotFound
from anthyx_server.limits import history, schemas
from anthyx_server.limits.windows import Admission
from anthyx_server.operations import Reply, operation, require_scope
from anthyx_server.plans import PLANS
from anthyx_server.tenancy import Caller
from anthyx_server.workspaces import get_workspace

blueprint = Blueprint("usage", __name__)


@operation(blueprint, "GET", "/usage", returns=schemas.UsageSchema(), is_counted=False)
def get_usage(caller: Caller) -> Reply:
    """Get what the key has used of its limits; not counted against them."""
    admission: Admission = g.admission
    plan = PLANS[get_workspace(caller.workspace_id).plan]
    used = keys.count_in_force(caller.workspace_id)
    return Reply(
        {
            "plan": plan.name,
            "windows": [
                {
                    "name": window.name,
                    "limit": window.limit,
                    "used": window.used,
                    "remaining": window.remaining,
                    "resets_at": clock.rfc3339(clock.from_milliseconds(window.ends_at))
                    if window.ends_at
                    else None,
                }
                for window in admission.windows
            ],
            "api_keys": {"used": used, "limit": plan.api_keys},
        }
    )


@operation(
    blueprint,
    "GET",
    "/usage/history",
    query=schemas.UsageHistoryQuerySchema,
    returns=schemas.UsageHistorySchema(),
    errors=(NotFound,),
)
def get_usage_history(caller: Caller, query: dict[str, Any]) -> Reply:
    """Get requests over time, accepted and limited, by hour or day in UTC.

    Without key_id a key with keys:read sees the sum of all keys of its mode, any other its own
    requests; another key's need keys:read. The default is the last 24 hours or 30 days.
    """
    key_id = query["key_id"]
    if key_id is None and "keys:read" not in caller.scopes:
        key_id = caller.key_id
    if key_id is not None and key_id != caller.key_id:
        require_scope(caller, "keys:read")
        keys.find_key(caller, key_id)
    granularity = query["granularity"]
    start, end = buckets.span(granularity, query["from_"], query["to"])
    return Reply(
        {
            "granularity": granularity,
            "key_id": key_id,
            "start": clock.rfc3339(start),
            "end": clock.rfc3339(end),
            "data": history.read(caller, key_id, granularity, start, end),
        }
    )
