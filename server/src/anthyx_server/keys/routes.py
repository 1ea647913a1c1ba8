"""`/v1/api-keys`."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request

from anthyx_server.conditional import require_match
from anthyx_server.errors import InvalidState
from anthyx_server.inputs import invalid_body
from anthyx_server.keys import lookup, schemas, service
from anthyx_server.keys.errors import OverlapRequired, PlanLimitReached, RotationInProgress
from anthyx_server.keys.models import ApiKey
from anthyx_server.keys.service import Issued
from anthyx_server.keys.standing import lock_keys
from anthyx_server.keys.views import present, tag_of
from anthyx_server.merge_patch import patched
from anthyx_server.operations import Reply, operation, require_scope
from anthyx_server.pagination import Order, fetch_page
from anthyx_server.tenancy import Caller

blueprint = Blueprint("api-keys", __name__)

_changeable = schemas.ChangeableKeySchema()


def _reply(key: ApiKey) -> Reply:
    return Reply(present(key), etag=tag_of(key))


def _issued(issued: Issued) -> Reply:
    key = issued.key
    return Reply(
        present(key),
        201,
        etag=tag_of(key),
        location=f"/v1/api-keys/{key.id}",
        secret=issued.token,
    )


@operation(
    blueprint,
    "GET",
    "/api-keys",
    scope="keys:read",
    query=schemas.ListApiKeysQuerySchema,
    returns=schemas.ApiKeySchema(),
    is_list=True,
)
def list_api_keys(caller: Caller, query: dict[str, Any]) -> Reply:
    """List API keys, newest first."""
    return Reply(
        fetch_page(
            lookup.filtered(caller, query["status"]),
            Order((ApiKey.id,), is_descending=True),
            query,
            caller,
            lambda row: present(row[0]),
        )
    )


@operation(
    blueprint,
    "POST",
    "/api-keys",
    scope="keys:write",
    body=schemas.CreateApiKeySchema,
    returns=schemas.IssuedApiKeySchema(),
    status=201,
    errors=(PlanLimitReached,),
)
def create_api_key(caller: Caller, body: dict[str, Any]) -> Reply:
    """Create an API key; the answer holds its token, this once.

    The key that creates it must hold every scope of the new one and be of its mode.
    """
    if body.get("mode", caller.mode) != caller.mode:
        raise invalid_body({"mode": [f"Must be {caller.mode}, as the key that is used here."]})
    require_scope(caller, "keys:write", *body["scopes"])
    return _issued(service.issue(caller, body))


@operation(
    blueprint,
    "GET",
    "/api-keys/current",
    returns=schemas.ApiKeySchema(),
    is_conditional=True,
    is_counted=False,
)
def get_current_api_key(caller: Caller) -> Reply:
    """Get the API key that is used for this request; not counted against the limits."""
    return _reply(lookup.find(caller, caller.key_id or ""))


@operation(
    blueprint,
    "DELETE",
    "/api-keys/current",
    status=204,
    is_conditional=True,
    settles_revocation=True,
)
def delete_current_api_key(caller: Caller) -> Reply:
    """Revoke the API key that is used for this request."""
    key_id = caller.key_id or ""
    caller, locked = lock_keys(caller, [key_id], scope=None)
    key = locked[key_id]
    require_match(request.headers.get("If-Match"), tag_of(key))
    service.revoke(caller, [key])
    return Reply(None, 204)


@operation(
    blueprint,
    "GET",
    "/api-keys/<key_id>",
    scope="keys:read",
    returns=schemas.ApiKeySchema(),
    is_conditional=True,
)
def get_api_key(caller: Caller, key_id: str) -> Reply:
    """Get one API key; deleted ones stay readable."""
    return _reply(lookup.find(caller, key_id))


@operation(
    blueprint,
    "PATCH",
    "/api-keys/<key_id>",
    scope="keys:write",
    body=schemas.ChangeableKeySchema,
    returns=schemas.ApiKeySchema(),
    is_conditional=True,
    settles_revocation=True,
    errors=(InvalidState,),
)
def update_api_key(caller: Caller, key_id: str, body: dict[str, Any]) -> Reply:
    """Change name, IP allowlist, scopes or expiry; narrowing holds as soon as this answers.

    The key that is used must hold every scope of the changed one, before and after.
    """
    caller, key = lookup.lock_one(caller, key_id)
    require_scope(caller, "keys:write", *key.scopes)
    values = patched(_changeable, present(key), tag_of(key), body)
    require_scope(caller, "keys:write", *values["scopes"])
    return _reply(service.change(caller, key, values))


@operation(
    blueprint,
    "DELETE",
    "/api-keys/<key_id>",
    scope="keys:write",
    status=204,
    is_conditional=True,
    settles_revocation=True,
)
def delete_api_key(caller: Caller, key_id: str) -> Reply:
    """Revoke an API key: once this answers, no request with it succeeds; 204 also when repeated."""
    caller, key = lookup.lock_one(caller, key_id)
    if key.revoked_at is None:
        require_match(request.headers.get("If-Match"), tag_of(key))
    service.revoke(caller, [key])
    return Reply(None, 204)


@operation(
    blueprint,
    "POST",
    "/api-keys/<key_id>/rotate",
    scope="keys:write",
    body=schemas.RotateApiKeySchema,
    is_body_optional=True,
    returns=schemas.IssuedApiKeySchema(),
    status=201,
    is_conditional=True,
    settles_revocation=True,
    errors=(InvalidState, RotationInProgress, OverlapRequired),
)
def rotate_api_key(caller: Caller, key_id: str, body: dict[str, Any]) -> Reply:
    """Replace an API key by a successor of the same family; the old one ends after the overlap.

    Both keys draw on the same windows. The answer holds the successor's token, this once.
    """
    lookup.lock_home(caller)
    caller, key = lookup.lock_one(caller, key_id)
    require_scope(caller, "keys:write", *key.scopes)
    require_match(request.headers.get("If-Match"), tag_of(key))
    return _issued(service.rotate(caller, key, body["overlap_seconds"]))
