"""One believable event of each type: as the catalogue shows it, and fresh ones like it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from anthyx_server.clock import rfc3339
from anthyx_server.events import samples
from anthyx_server.events.samples import NOW, at, changed
from anthyx_server.ids import PATTERN, new_id

_ID = re.compile(rf"([a-z]+)_{PATTERN}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


class Example(NamedTuple):
    """What an event of a type could say; `subject` is a type and an id."""

    subject: tuple[str, str]
    shown: dict[str, Any]
    previous: dict[str, Any] | None = None
    brand_id: str | None = None


def fresh(event_type: str, moment: datetime, mode: str, brand_id: str | None = None) -> Example:
    """The example of a type as if it happened at `moment`, of things that were never seen before.

    `brand_id` is the brand that it is about, a new one where None; a type that is of no brand
    has none in any case.
    """
    known = {} if brand_id is None else {samples.BRAND["id"]: brand_id}
    example = EXAMPLES[event_type]
    subject, shown, previous, of_brand = _anew(list(example), known, moment - samples.MOMENT)
    if "mode" in shown:
        shown["mode"] = mode
    if "prefix" in shown:
        shown["prefix"] = f"anthyx_{mode}_"
    return Example((subject[0], subject[1]), shown, previous, of_brand)


def _anew(value: Any, known: dict[str, str], distance: timedelta) -> Any:
    """The same JSON with other ids, each standing for what it stood for, and all times moved."""
    if isinstance(value, dict):
        return {name: _anew(inner, known, distance) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_anew(inner, known, distance) for inner in value]
    if not isinstance(value, str):
        return value
    if _TIME.fullmatch(value):
        return rfc3339(datetime.fromisoformat(value) + distance)
    found = _ID.fullmatch(value)
    return known.setdefault(value, new_id(found[1])) if found else value


def _of_post(shown: dict[str, Any], previous: dict[str, Any] | None = None) -> Example:
    return Example(("post", samples.DRAFT["id"]), shown, previous, samples.BRAND["id"])


def _of_brand(shown: dict[str, Any], previous: dict[str, Any] | None = None) -> Example:
    return Example(("brand", samples.BRAND["id"]), shown, previous, samples.BRAND["id"])


def _of_channel(shown: dict[str, Any], previous: dict[str, Any] | None = None) -> Example:
    return Example(("channel", samples.CHANNEL["id"]), shown, previous, samples.BRAND["id"])


def _of_key(shown: dict[str, Any], previous: dict[str, Any] | None = None) -> Example:
    return Example(("api_key", samples.API_KEY["id"]), shown, previous)


def _of_endpoint(shown: dict[str, Any], previous: dict[str, Any] | None = None) -> Example:
    return Example(("webhook_endpoint", samples.ENDPOINT["id"]), shown, previous)


def _tried(state: str, *states: str) -> Example:
    """The post once it was tried on both of its targets."""
    named = zip(("linkedin", "instagram"), states, strict=True)
    fields = {
        "targets": [samples.target(*each) for each in named],
        "state": state,
        "error": samples.REJECTED if state == "failed" else None,
        "published_at": None if state == "failed" else samples.NOW,
    }
    return _of_post(*changed(samples.PUBLISHING, **fields))


EXAMPLES: dict[str, Example] = {
    "post.created": _of_post(samples.DRAFT | {"created_at": NOW, "updated_at": NOW}),
    "post.updated": _of_post(*changed(samples.DRAFT, content=samples.DRAFT["content"] + " 12 €.")),
    "post.deleted": _of_post(samples.DRAFT),
    "post.approved": _of_post(
        *changed(
            samples.DRAFT,
            state="approved",
            review=samples.APPROVAL,
            scheduled_at=at(hours=18),
            schedule_source="explicit",
            approved_at=NOW,
        )
    ),
    "post.unapproved": _of_post(
        *changed(samples.APPROVED, state="draft", review=samples.NO_REVIEW, approved_at=None)
    ),
    "post.changes_requested": _of_post(*changed(samples.DRAFT, review=samples.CHANGES_REQUESTED)),
    "post.scheduled": _of_post(*changed(samples.APPROVED, scheduled_at=at(hours=42))),
    "post.published": _tried("published", "published", "published"),
    "post.partially_published": _tried("partially_published", "published", "failed"),
    "post.failed": _tried("failed", "failed", "failed"),
    "post.comment.created": _of_post(samples.COMMENT),
    "brand.created": _of_brand(samples.BRAND | {"created_at": NOW, "updated_at": NOW}),
    "brand.updated": _of_brand(*changed(samples.BRAND, name="Acme Roasters")),
    "brand.archived": _of_brand(*changed(samples.BRAND, status="archived", archived_at=NOW)),
    "brand.unarchived": _of_brand(
        *changed(
            samples.BRAND | {"status": "archived", "archived_at": at(days=-1)},
            status="active",
            archived_at=None,
        )
    ),
    "brand.deleted": _of_brand(samples.BRAND),
    "channel.connected": _of_channel(samples.CHANNEL | {"created_at": NOW, "updated_at": NOW}),
    "channel.disconnected": _of_channel(*changed(samples.CHANNEL, status="disconnected")),
    "analytics.updated": Example(
        ("post", samples.DRAFT["id"]), samples.POST_ANALYTICS, None, samples.BRAND["id"]
    ),
    "api_key.created": _of_key(samples.API_KEY),
    "api_key.rotated": _of_key(samples.API_KEY | samples.SUCCESSION),
    "api_key.revoked": _of_key(*changed(samples.USED_KEY, **samples.revoked("deleted"))),
    "api_key.leaked": _of_key(
        samples.USED_KEY
        | samples.revoked("leaked")
        | {"version": 2, "updated_at": NOW, "found": samples.FOUND}
    ),
    "api_key.expiring": _of_key(samples.USED_KEY),
    "usage.threshold_reached": _of_key(samples.USAGE),
    "webhook_endpoint.disabled": _of_endpoint(*changed(samples.ENDPOINT, **samples.DISABLED)),
    "webhook_endpoint.test": _of_endpoint(samples.ENDPOINT),
}
