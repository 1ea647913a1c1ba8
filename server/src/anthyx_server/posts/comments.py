"""Comments on posts, and the lists beside a post: its comments and its history."""

from __future__ import annotations

from typing import Any

from anthyx_server import clock, events
from anthyx_server.db import db
from anthyx_server.ids import new_id
from anthyx_server.pagination import Order, fetch_page
from anthyx_server.posts import records
from anthyx_server.posts.models import Post, PostComment, PostHistoryEntry
from anthyx_server.posts.views import present_comment, present_entry
from anthyx_server.tenancy import Caller, owned


def add(caller: Caller, post: Post, text: str) -> dict[str, Any]:
    """Comment on a post, whatever its state; the comment as it is shown."""
    comment = PostComment(
        id=new_id("cmt"),
        workspace_id=caller.workspace_id,
        mode=caller.mode,
        post_id=post.id,
        author=caller.actor.as_dict(),
        text=text,
        created_at=clock.now(),
    )
    db.session.add(comment)
    db.session.flush()
    shown = present_comment(comment)
    about = ("post", post.id)
    events.publish(caller, "post.comment.created", about, shown, brand_id=post.brand_id)
    records.add_entry(caller, "post.comment.created", post)
    return shown


def list_comments(caller: Caller, post: Post, arguments: dict[str, Any]) -> dict[str, Any]:
    """One page of the comments on a post, newest first.

    Raises:
        InvalidCursor: the cursor was made elsewhere.
    """
    query = owned(PostComment, caller, PostComment, PostComment.id.label("last_id"))
    query = query.where(PostComment.post_id == post.id)
    order = Order((PostComment.id,), is_descending=True)
    return fetch_page(query, order, arguments, caller, lambda row: present_comment(row[0]))


def list_history(caller: Caller, post: Post, arguments: dict[str, Any]) -> dict[str, Any]:
    """One page of what happened to a post, newest first.

    Raises:
        InvalidCursor: the cursor was made elsewhere.
    """
    entry = PostHistoryEntry
    query = owned(entry, caller, entry, entry.id.label("last_id")).where(entry.post_id == post.id)
    order = Order((entry.id,), is_descending=True)
    return fetch_page(query, order, arguments, caller, lambda row: present_entry(row[0]))
