"""What a person should know about a key, and what to do about it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from anthyx_server.keys.models import EXPIRY_NOTICE, ApiKey

OLD = timedelta(days=90)
UNUSED = timedelta(days=30)
# For so long a leaked key stays among those in force, where it is seen.
LEAK_SHOWN = timedelta(days=30)


class Mark(NamedTuple):
    """A word beside the key, how bad it is, and what to do."""

    word: Literal["Leaked", "Replaced", "Expiring", "Unused", "Old"]
    kind: Literal["bad", "warn"]
    advice: str


def marks(key: ApiKey, moment: datetime) -> list[Mark]:
    """The marks of a key, the most urgent first; none on keys that ended as they should."""
    if key.revoked_reason == "leaked":
        return [_LEAKED]
    if not key.is_in_force(moment):
        return []
    found = []
    if key.superseded_by is not None:
        return [_REPLACED]
    if key.expires_at is not None and key.expires_at - moment <= EXPIRY_NOTICE:
        found.append(_EXPIRING)
    if (key.last_used_at or key.created_at) <= moment - UNUSED:
        found.append(_UNUSED)
    elif key.created_at <= moment - OLD:
        # Each rotation makes a key of its own: this one has never been rotated.
        found.append(_OLD)
    return found


_LEAKED = Mark(
    "Leaked",
    "bad",
    "This key was found in public, so it was revoked. Generate a new key for what used it, remove "
    "the old one from where it was found, and look at the audit log for what you don't know.",
)
_REPLACED = Mark(
    "Replaced",
    "warn",
    "It works until it expires. Switch what still uses it to its replacement before that.",
)
_EXPIRING = Mark(
    "Expiring", "warn", "It stops working within 7 days. Rotate it, or edit when it expires."
)
_UNUSED = Mark(
    "Unused", "warn", "Nothing has used it for 30 days. Delete it if nothing needs it any more."
)
_OLD = Mark("Old", "warn", "It has not been rotated for 90 days. Rotate it.")
