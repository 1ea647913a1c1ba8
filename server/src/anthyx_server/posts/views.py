"""A post as the API and events show it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from anthyx_server.clock import rfc3339, rfc3339_or_none
from anthyx_server.posts.models import Post, PostComment, PostHistoryEntry, PostTarget
from anthyx_server.shown import as_shown


def present(post: Post, targets: Iterable[PostTarget]) -> dict[str, Any]:
    """A post as customers see it."""
    return {
        "id": post.id,
        "brand_id": post.brand_id,
        "campaign": post.campaign,
        "content": post.content,
        "format": post.format,
        "thread": post.thread,
        "media": post.media,
        "targets": [_target(each) for each in targets],
        "state": post.state,
        "review": {
            "status": post.review_status,
            "by": post.review_by,
            "at": rfc3339_or_none(post.review_at),
            "comment": post.review_comment,
        },
        "scheduled_at": rfc3339_or_none(post.scheduled_at),
        "schedule_source": post.schedule_source,
        "author": post.author,
        "assignee": post.assignee,
        "notes": post.notes,
        "tags": post.tags,
        "metadata": post.metadata_,
        "error": post.error,
        "version": post.version,
        "created_at": rfc3339(post.created_at),
        "updated_at": rfc3339(post.updated_at),
        "approved_at": rfc3339_or_none(post.approved_at),
        "published_at": rfc3339_or_none(post.published_at),
    }


def _target(target: PostTarget) -> dict[str, Any]:
    return {
        "channel_id": target.channel_id,
        "platform": target.platform,
        "content_override": target.content_override,
        "state": target.state,
        "external_id": target.external_id,
        "external_url": target.external_url,
        "published_at": rfc3339_or_none(target.published_at),
        "attempts": target.attempts,
        "error": target.error,
    }


# What `present_row` takes, in its order.
SHOWN_COLUMNS = tuple(
    as_shown(column)
    for column in (
        Post.id,
        Post.brand_id,
        Post.campaign,
        Post.content,
        Post.format,
        Post.thread,
        Post.media,
        Post.state,
        Post.review_status,
        Post.review_by,
        Post.review_at,
        Post.review_comment,
        Post.scheduled_at,
        Post.schedule_source,
        Post.author,
        Post.assignee,
        Post.notes,
        Post.tags,
        Post.metadata_,
        Post.error,
        Post.version,
        Post.created_at,
        Post.updated_at,
        Post.approved_at,
        Post.published_at,
    )
)
# What `present_target_row` takes, in its order, and the id of the post before it.
SHOWN_TARGET_COLUMNS = tuple(
    as_shown(column)
    for column in (
        PostTarget.post_id,
        PostTarget.channel_id,
        PostTarget.platform,
        PostTarget.content_override,
        PostTarget.state,
        PostTarget.external_id,
        PostTarget.external_url,
        PostTarget.published_at,
        PostTarget.attempts,
        PostTarget.error,
    )
)
_TARGET_NAMES = tuple(str(column.key) for column in SHOWN_TARGET_COLUMNS[1:])


def present_row(row: Sequence[Any], targets: list[dict[str, Any]]) -> dict[str, Any]:
    """A row that starts with `SHOWN_COLUMNS`, as `present` shows a post."""
    return {
        "id": row[0],
        "brand_id": row[1],
        "campaign": row[2],
        "content": row[3],
        "format": row[4],
        "thread": row[5],
        "media": row[6],
        "targets": targets,
        "state": row[7],
        "review": {"status": row[8], "by": row[9], "at": row[10], "comment": row[11]},
        "scheduled_at": row[12],
        "schedule_source": row[13],
        "author": row[14],
        "assignee": row[15],
        "notes": row[16],
        "tags": row[17],
        "metadata": row[18],
        "error": row[19],
        "version": row[20],
        "created_at": row[21],
        "updated_at": row[22],
        "approved_at": row[23],
        "published_at": row[24],
    }


def present_target_row(row: Sequence[Any]) -> dict[str, Any]:
    """A row of `SHOWN_TARGET_COLUMNS`, as `present` shows a target."""
    return dict(zip(_TARGET_NAMES, row[1:], strict=True))


def present_comment(comment: PostComment) -> dict[str, Any]:
    """A comment as customers see it."""
    return {
        "id": comment.id,
        "author": comment.author,
        "text": comment.text,
        "created_at": rfc3339(comment.created_at),
    }


def present_entry(entry: PostHistoryEntry) -> dict[str, Any]:
    """An entry of the history as customers see it."""
    return {
        "id": entry.id,
        "type": entry.type,
        "actor": entry.actor,
        "at": rfc3339(entry.at),
        "changes": entry.changes,
    }
