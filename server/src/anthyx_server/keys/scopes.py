"""The scopes that a key can have."""

from __future__ import annotations

from collections.abc import Collection

# By what they are about, each with what it lets a key do.
SCOPE_GROUPS = {
    "Posts": {
        "posts:read": "Read posts, their comments and history",
        "posts:write": "Create, edit and comment on posts",
        "posts:approve": "Approve posts and request changes",
    },
    "Brands and channels": {
        "brands:read": "Read brands",
        "brands:write": "Create, edit and delete brands",
        "channels:read": "Read channels",
        "channels:write": "Connect, edit and disconnect channels",
        "media:write": "Upload media",
    },
    "Analytics": {"analytics:read": "Read analytics"},
    "Webhooks and events": {
        "webhooks:read": "Read webhook endpoints and deliveries",
        "webhooks:write": "Create and edit endpoints, send deliveries again",
        "webhooks:secrets": "Read the secrets that webhooks are signed with",
        "events:read": "Read events",
    },
    "Settings": {
        "keys:read": "Read API keys, but never their secrets",
        "keys:write": "Create, edit, rotate and delete API keys",
        "audit:read": "Read the audit log",
    },
}
SCOPES = tuple(scope for group in SCOPE_GROUPS.values() for scope in group)
KEY_SCOPES = frozenset({"keys:read", "keys:write"})
DEFAULT_SCOPES = tuple(
    scope for scope in SCOPES if scope not in KEY_SCOPES | {"webhooks:secrets", "audit:read"}
)


def in_order(scopes: Collection[str]) -> list[str]:
    """Scopes without repetition, in the order of the documentation."""
    return [scope for scope in SCOPES if scope in scopes]
