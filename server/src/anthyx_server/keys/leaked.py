"""`POST /v1/leaked-keys`: whoever holds a token may revoke it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g
from sqlalchemy import select

from anthyx_server import audit, events
from anthyx_server.db import db
from anthyx_server.keys import schemas, secret, service
from anthyx_server.keys.models import ApiKey
from anthyx_server.keys.views import present
from anthyx_server.operations import Reply, operation
from anthyx_server.tenancy import system_caller

blueprint = Blueprint("leaked-keys", __name__)


@operation(
    blueprint,
    "POST",
    "/leaked-keys",
    body=schemas.LeakedKeysSchema,
    returns=schemas.LeakedKeysReplySchema(),
    status=202,
    is_public=True,
)
def report_leaked_keys(body: dict[str, Any]) -> Reply:
    """Report API keys that were found in public; those that exist are revoked.

    Needs no key. The answer never says which tokens were real. The workspace is told where its
    key was found. Limited to 10 reports a minute per address.
    """
    tokens = set(body["tokens"])
    digests = [
        digest
        for token in tokens
        if secret.is_well_formed(token)
        for digest in service.hasher().digests(token).values()
    ]
    for key in _in_force(digests):
        _revoke(key, {"url": body["url"], "source": body["source"]})
    return Reply({"received": len(tokens)}, 202)


def _in_force(digests: list[str]) -> list[ApiKey]:
    """Lock the keys of these digests, in id order, less those that were revoked before."""
    if not digests:
        return []
    query = (
        select(ApiKey)
        .where(ApiKey.digest.in_(digests), ApiKey.revoked_at.is_(None))
        .order_by(ApiKey.id)
        .with_for_update()
    )
    return list(db.session.scalars(query))


def _revoke(key: ApiKey, found: dict[str, str | None]) -> None:
    """Revoke one key and tell its workspace; where it was found is unverified text."""
    actor = system_caller(key.workspace_id, key.mode, "leaked-key report")
    caller = actor._replace(address=g.origin.address)
    service.revoke(caller, [key], "leaked")
    shown = present(key) | {"found": found}
    events.publish(caller, "api_key.leaked", ("api_key", key.id), shown)
    audit.record(caller, "api_key.leaked", "api_key", key.id, **found)
