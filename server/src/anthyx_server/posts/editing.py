"""Making, changing and deleting posts."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from anthyx_server import clock
from anthyx_server.channels import Channel
from anthyx_server.db import db
from anthyx_server.errors import InvalidState
from anthyx_server.ids import new_id
from anthyx_server.posts import records, references, schedule, service
from anthyx_server.posts.errors import PostReadOnly
from anthyx_server.posts.models import Post, PostTag, PostTarget
from anthyx_server.posts.views import present
from anthyx_server.posts.words import words_of
from anthyx_server.tenancy import Caller

PUBLISHED = frozenset({"published", "partially_published"})
# Whoever approved these has not seen them once they change.
_APPROVED_FIELDS = frozenset({"content", "format", "thread", "media", "targets"})
# The rest of what PATCH can set.
_OTHER_FIELDS = frozenset({"campaign", "scheduled_at", "assignee", "notes", "tags", "metadata"})
_PLAIN_FIELDS = (_APPROVED_FIELDS | _OTHER_FIELDS) - {"targets"}
_COLUMNS = {"metadata": "metadata_"}


def create(caller: Caller, values: dict[str, Any]) -> dict[str, Any]:
    """Make a draft; the post as it is shown.

    Raises:
        BrandArchived: its brand is archived.
        ValidationFailed: something that it refers to isn't there.
    """
    brand_id = references.hold_brand(caller, values["brand_id"])
    channels = references.require_references(caller, brand_id, values)
    moment = clock.now()
    post = Post(
        id=new_id("post"),
        workspace_id=caller.workspace_id,
        mode=caller.mode,
        brand_id=brand_id,
        state="draft",
        review_status="pending",
        schedule_source=_source(values["scheduled_at"]),
        author=caller.actor.as_dict(),
        version=1,
        created_at=moment,
        updated_at=moment,
        words=_words(caller, values),
        **{_COLUMNS.get(name, name): values[name] for name in _PLAIN_FIELDS},
    )
    db.session.add(post)
    # Targets and tags refer to the row, and no relationship tells the session so.
    db.session.flush()
    targets = _new_targets(post, enumerate(values["targets"]), channels)
    db.session.add_all([*targets, *_new_tags(post)])
    db.session.flush()
    shown = present(post, targets)
    records.note(caller, "post.created", post, shown)
    return shown


def update(caller: Caller, post: Post, values: dict[str, Any]) -> dict[str, Any]:
    """Change a locked post; the post as it is shown then. No change is no new version.

    Raises:
        InvalidState: it is being published.
        PostReadOnly: it is published, and more than its notes would change.
        ScheduledInPast, ValidationFailed: something that it refers to isn't there, or it is
            approved and can't be published at the new time.
    """
    before = service.shown(post)
    old = writable(post, before)
    changed = {name for name, value in values.items() if old[name] != value}
    if not changed:
        return before
    require_editable(post, changed)
    channels = references.require_references(caller, post.brand_id, values, _known(old))
    was_approved = post.state == "approved"
    if changed & _APPROVED_FIELDS and post.state != "draft":
        _back_to_draft(post)
    _apply(caller, post, values, changed, channels)
    is_rescheduled = post.state == "approved" and "scheduled_at" in changed
    if is_rescheduled:
        schedule.settle(post, service.targets_of(post))
    shown = service.bump(post)
    is_unapproved = was_approved and post.state == "draft"
    told_apart = records.REVIEWED if is_unapproved else frozenset()
    records.note(caller, "post.updated", post, shown, before, without=told_apart)
    if is_unapproved:
        records.note(caller, "post.unapproved", post, shown, before, only=told_apart)
    if is_rescheduled:
        records.note(caller, "post.scheduled", post, shown, before, only=records.SCHEDULED)
    return shown


def delete(caller: Caller, post: Post) -> None:
    """Delete a locked post for good, with its comments and its history.

    Raises:
        InvalidState: it is being published.
        PostReadOnly: it is published.
    """
    require_editable(post)
    records.publish(caller, "post.deleted", post, service.shown(post))
    db.session.delete(post)
    db.session.flush()


def require_editable(post: Post, changed: Collection[str] = ()) -> None:
    """Check that these fields may change, or without any, that the post may go.

    Raises:
        InvalidState: it is being published.
        PostReadOnly: it is published; its notes alone may change.
    """
    if post.state == "publishing":
        raise InvalidState(f"{post.id} is being published.", extra={"state": post.state})
    if post.state in PUBLISHED and set(changed) != {"notes"}:
        raise PostReadOnly(
            f"{post.id} is {post.state.replace('_', ' ')}: only its notes can change.",
            extra={"state": post.state},
        )


def back_to_draft(post: Post) -> None:
    """Take back what a review said of a post."""
    post.state = "draft"
    post.review_status = "pending"
    post.review_by = post.review_at = post.review_comment = None
    post.approved_at = post.error = None


def _back_to_draft(post: Post) -> None:
    if post.state == "failed":
        for target in service.targets_of(post):
            target.state, target.error, target.attempts = "pending", None, 0
    back_to_draft(post)


def writable(post: Post, shown: dict[str, Any]) -> dict[str, Any]:
    """What PATCH can set of a post, as it is now."""
    values = {name: getattr(post, _COLUMNS.get(name, name)) for name in _PLAIN_FIELDS}
    return {**values, "targets": writable_targets(shown)}


def writable_targets(shown: dict[str, Any]) -> list[dict[str, Any]]:
    """The targets of a post as it is shown, without what only the server sets."""
    return [
        {name: target[name] for name in ("channel_id", "content_override")}
        for target in shown["targets"]
    ]


def _known(old: dict[str, Any]) -> set[str]:
    """The ids that a post refers to already."""
    media = {each for holder in (old, *(old["thread"] or ())) for each in holder["media"]}
    return {*media, old["assignee"], *(target["channel_id"] for target in old["targets"])}


def _apply(
    caller: Caller,
    post: Post,
    values: dict[str, Any],
    changed: set[str],
    channels: dict[str, Channel],
) -> None:
    for name in changed & _PLAIN_FIELDS:
        setattr(post, _COLUMNS.get(name, name), values[name])
    if changed & {"content", "thread"}:
        post.words = _words(caller, values)
    if "scheduled_at" in changed:
        post.schedule_source = _source(post.scheduled_at)
    if "tags" in changed:
        db.session.execute(sa.delete(PostTag).where(PostTag.post_id == post.id))
        db.session.add_all(_new_tags(post))
    if "targets" in changed:
        _change_targets(post, values["targets"], channels)
    db.session.flush()


def _change_targets(post: Post, wanted: list[dict[str, Any]], channels: dict[str, Channel]) -> None:
    kept = {target.channel_id: target for target in service.targets_of(post)}
    new = []
    for position, given in enumerate(wanted):
        target = kept.pop(given["channel_id"], None)
        if target is None:
            new.append((position, given))
        else:
            target.position, target.content_override = position, given["content_override"]
    for target in kept.values():
        db.session.delete(target)
    db.session.add_all(_new_targets(post, new, channels))


def _new_targets(
    post: Post, given: Iterable[tuple[int, dict[str, Any]]], channels: dict[str, Channel]
) -> list[PostTarget]:
    return [
        PostTarget(
            post_id=post.id,
            workspace_id=post.workspace_id,
            mode=post.mode,
            position=position,
            platform=channels[target["channel_id"]].platform,
            state="pending",
            attempts=0,
            post_created_at=post.created_at,
            post_scheduled_at=post.scheduled_at,
            post_updated_at=post.updated_at,
            **target,
        )
        for position, target in given
    ]


def _new_tags(post: Post) -> list[PostTag]:
    return [
        PostTag(
            post_id=post.id,
            workspace_id=post.workspace_id,
            mode=post.mode,
            tag=tag,
            post_created_at=post.created_at,
            post_scheduled_at=post.scheduled_at,
            post_updated_at=post.updated_at,
        )
        for tag in post.tags
    ]


def _source(scheduled_at: datetime | None) -> str | None:
    return None if scheduled_at is None else "explicit"


def _words(caller: Caller, values: dict[str, Any]) -> list[int]:
    texts = [values["content"], *(part["content"] for part in values["thread"] or ())]
    return words_of(caller.workspace_id, caller.mode, texts)
