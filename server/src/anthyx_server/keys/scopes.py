"""The scopes that a key can have."""

from __future__ import annotations

from collections.abc import Collection

SCOPES = (
    "posts:read",
    "posts:write",
    "posts:approve",
    "brands:read",
    "brands:write",
    "channels:read",
    "channels:write",
    "media:write",
    "analytics:read",
    "webhooks:read",
    "webhooks:write",
    "webhooks:secrets",
    "events:read",
    "keys:read",
    "keys:write",
    "audit:read",
)
KEY_SCOPES = frozenset({"keys:read", "keys:write"})
DEFAULT_SCOPES = tuple(
    scope for scope in SCOPES if scope not in KEY_SCOPES | {"webhooks:secrets", "audit:read"}
)


def in_order(scopes: Collection[str]) -> list[str]:
    """Scopes without repetition, in the order of the documentation."""
    return [scope for scope in SCOPES if scope in scopes]
