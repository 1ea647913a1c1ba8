"""What is written beside a change of a post: its event and its entry in the history."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from anthyx_server import clock, events
from anthyx_server.db import db
from anthyx_server.ids import new_id
from anthyx_server.posts.models import Post, PostHistoryEntry
from anthyx_server.tenancy import Caller

# They change with everything.
_ALWAYS_CHANGED = frozenset({"version", "updated_at"})
# What a review changes, and what a schedule does.
REVIEWED = frozenset({"state", "review", "approved_at", "error"})
SCHEDULED = frozenset({"scheduled_at", "schedule_source"})


def note(
    caller: Caller,
    event_type: str,
    post: Post,
    shown: dict[str, Any],
    before: dict[str, Any] | None = None,
    *,
    only: Collection[str] | None = None,
    without: Collection[str] = (),
) -> None:
    """Publish an event about a post and add it to the history, in the open transaction.

    `shown` and `before` are the post as the API shows it after and before the change. Of a change
    that is told by two events, `only` and `without` say which fields this entry tells of.
    """
    previous = None
    if before is not None:
        previous = {name: value for name, value in before.items() if shown[name] != value}
    publish(caller, event_type, post, shown, previous)
    changes = None
    if previous is not None:
        changes = {
            name: {"from": value, "to": shown[name]}
            for name, value in previous.items()
            if name not in _ALWAYS_CHANGED and name not in without and (not only or name in only)
        } or None
    add_entry(caller, event_type, post, changes)


def publish(
    caller: Caller,
    event_type: str,
    post: Post,
    shown: dict[str, Any],
    previous: dict[str, Any] | None = None,
) -> None:
    """Publish an event about a post."""
    about = ("post", post.id)
    events.publish(caller, event_type, about, shown, previous=previous, brand_id=post.brand_id)


def add_entry(
    caller: Caller, event_type: str, post: Post, changes: dict[str, Any] | None = None
) -> None:
    """Add to the history of a post."""
    db.session.add(
        PostHistoryEntry(
            id=new_id("hist"),
            workspace_id=caller.workspace_id,
            mode=caller.mode,
            post_id=post.id,
            type=event_type,
            actor=caller.actor.as_dict(),
            at=clock.now(),
            changes=changes,
        )
    )
