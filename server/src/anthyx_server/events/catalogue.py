"""The types of events there are, what each tells, and the scope that reading it needs."""

from __future__ import annotations

import functools
from collections.abc import Collection

DESCRIPTIONS = {
    "post.created": "A post was created; of many created at once, one event each.",
    "post.updated": "Fields of a post changed.",
    "post.deleted": "A post was deleted.",
    "post.approved": "A post was approved.",
    "post.unapproved": "An approved post is a draft again.",
    "post.changes_requested": "A reviewer asked for changes to a post.",
    "post.scheduled": "An approved post got its time, or another one.",
    "post.published": "A post was published on all of its targets.",
    "post.partially_published": "A post was published on some of its targets, not on others.",
    "post.failed": "A post could be published on none of its targets.",
    "post.comment.created": "Somebody commented on a post.",
    "brand.created": "A brand was created.",
    "brand.updated": "Fields of a brand changed.",
    "brand.archived": "A brand was archived.",
    "brand.unarchived": "An archived brand is active again.",
    "brand.deleted": "A brand was deleted.",
    "channel.connected": "A channel was connected.",
    "channel.disconnected": "A channel was disconnected.",
    "analytics.updated": "There are new figures of a post; at most once a day per post.",
    "api_key.created": "An API key was created.",
    "api_key.rotated": "An API key was replaced; the event shows its successor.",
    "api_key.revoked": "An API key was revoked.",
    "api_key.leaked": "An API key was found where it should not be, and revoked.",
    "api_key.expiring": "An API key ends soon: told 7 days and 1 day before.",
    "usage.threshold_reached": "80 % or 100 % of a day's requests are used.",
    "webhook_endpoint.disabled": "A webhook endpoint was turned off automatically.",
    "webhook_endpoint.test": "A test of a webhook endpoint was asked for.",
}
TYPES = tuple(DESCRIPTIONS)

# The families as people read them, by the first part of a type.
FAMILIES = {
    "post": "Posts",
    "brand": "Brands",
    "channel": "Channels",
    "analytics": "Analytics",
    "api_key": "API keys",
    "usage": "Usage",
    "webhook_endpoint": "Webhook endpoints",
}

# Families of events that are of a brand.
_WITH_BRAND = frozenset({"post", "brand", "channel", "analytics"})
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
    return _FAMILY_SCOPES.get(family_of(event_type))


def family_of(event_type: str) -> str:
    """What a type is about: `post` of `post.comment.created`."""
    return event_type.partition(".")[0]


def has_brand(event_type: str) -> bool:
    """True where events of a type are of a brand."""
    return family_of(event_type) in _WITH_BRAND


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
    return family_of(event_type) == family.removesuffix(".*")
