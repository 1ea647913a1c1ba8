"""The types of events there are, and the scope that reading each needs."""

from __future__ import annotations

import functools
from collections.abc import Collection

TYPES = (
    "post.created",
    "post.updated",
    "post.deleted",
    "post.approved",
    "post.unapproved",
    "post.changes_requested",
    "post.scheduled",
    "post.published",
    "post.partially_published",
    "post.failed",
    "post.comment.created",
    "brand.created",
    "brand.updated",
    "brand.archived",
    "brand.unarchived",
    "brand.deleted",
    "channel.connected",
    "channel.disconnected",
    "analytics.updated",
    "api_key.created",
    "api_key.rotated",
    "api_key.revoked",
    "api_key.leaked",
    "api_key.expiring",
    "usage.threshold_reached",
    "webhook_endpoint.disabled",
    "webhook_endpoint.test",
)

# Beside events:read; a family that is not here needs nothing more.
_FAMILY_SCOPES = {
    "post": "posts:read",
    "brand": "brands:read",
    "channel": "channels:read",
    "analytics": "analytics:read",
    "api_key": "keys:read",
    "webhook_endpoint": "webhooks:read",
}


def scope_of(event_type: str) -> str | None:
    """The scope that reading events of a type needs beside events:read, if any."""
    return _FAMILY_SCOPES.get(event_type.partition(".")[0])


@functools.lru_cache(maxsize=512)
def visible(scopes: frozenset[str]) -> tuple[str, ...]:
    """The types that a key with these scopes may read."""
    return tuple(each for each in TYPES if (scope_of(each) or "events:read") in scopes)


def expand(names: Collection[str]) -> tuple[str, ...]:
    """The types that are meant by names (`post.created`) and families (`post.*`), in order.

    Raises:
        LookupError: with a name that means none.
    """
    wanted: set[str] = set()
    for name in names:
        is_family = name.endswith(".*")
        found = {each for each in TYPES if each == name or (is_family and _is_of(each, name))}
        if not found:
            raise LookupError(name)
        wanted |= found
    return tuple(each for each in TYPES if each in wanted)


def _is_of(event_type: str, family: str) -> bool:
    return event_type.partition(".")[0] == family.removesuffix(".*")
