"""A key as the API and events show it; never with its token."""

from __future__ import annotations

from typing import Any

from anthyx_server import clock
from anthyx_server.clock import rfc3339, rfc3339_or_none
from anthyx_server.conditional import entity_tag
from anthyx_server.keys.models import ApiKey


def tag_of(key: ApiKey) -> str:
    """The entity tag of a key: its status changes with the time alone."""
    return entity_tag(key.version, key.status(clock.now()))


def present(key: ApiKey) -> dict[str, Any]:
    """All that a customer may see of a key."""
    return {
        "id": key.id,
        "family_id": key.family_id,
        "name": key.name,
        "description": key.description,
        "prefix": key.prefix,
        "last4": key.last4,
        "mode": key.mode,
        "scopes": key.scopes,
        "brand_ids": key.brand_ids,
        "ip_allowlist": key.ip_allowlist,
        "metadata": key.metadata_,
        "version": key.version,
        "created_at": rfc3339(key.created_at),
        "created_by": key.created_by,
        "updated_at": rfc3339(key.updated_at),
        "expires_at": rfc3339_or_none(key.expires_at),
        "last_used_at": rfc3339_or_none(key.last_used_at),
        "last_used_ip": key.last_used_ip,
        "rotated_from": key.rotated_from,
        "superseded_by": key.superseded_by,
        "revoked_at": rfc3339_or_none(key.revoked_at),
        "revoked_by": key.revoked_by,
        "revoked_reason": key.revoked_reason,
        "status": key.status(clock.now()),
    }
