"""Tables of posts: the post, its targets, tags, comments and history."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from anthyx_server.db import Base, OwnedByWorkspace


class Post(OwnedByWorkspace, Base):
    """A post; its state is draft, approved, publishing, published, partially_published or failed.

    `review_*` is the last word of a review, `schedule_source` where `scheduled_at` comes from.
    """

    __tablename__ = "posts"
    __table_args__ = (
        sa.Index(None, "workspace_id", "mode", "id"),
        sa.Index(None, "workspace_id", "mode", "brand_id", "id"),
        sa.Index(None, "workspace_id", "mode", "state", "id"),
        sa.Index(None, "workspace_id", "mode", "published_at", "id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    brand_id: Mapped[str] = mapped_column(sa.ForeignKey("brands.id"))
    campaign: Mapped[str | None]
    content: Mapped[str]
    format: Mapped[str]
    thread: Mapped[list[dict[str, Any]] | None]
    media: Mapped[list[str]]
    state: Mapped[str]
    review_status: Mapped[str]
    review_by: Mapped[dict[str, Any] | None]
    review_at: Mapped[datetime | None]
    review_comment: Mapped[str | None]
    scheduled_at: Mapped[datetime | None]
    schedule_source: Mapped[str | None]
    author: Mapped[dict[str, Any]]
    assignee: Mapped[str | None]
    notes: Mapped[str]
    tags: Mapped[list[str]]
    metadata_: Mapped[dict[str, str]] = mapped_column("metadata")
    error: Mapped[dict[str, Any] | None]
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    approved_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]


class PostTarget(OwnedByWorkspace, Base):
    """A channel that a post is meant for, and what became of it there.

    It stays when the channel is deleted: what was published stays on record.
    """

    __tablename__ = "post_targets"
    __table_args__ = (
        sa.Index(None, "workspace_id", "mode", "platform", "post_id"),
        sa.Index(None, "workspace_id", "mode", "channel_id", "post_id"),
        sa.Index(None, "workspace_id", "mode", "published_at"),
    )

    post_id: Mapped[str] = mapped_column(
        sa.ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True
    )
    channel_id: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    platform: Mapped[str]
    content_override: Mapped[str | None]
    state: Mapped[str]
    external_id: Mapped[str | None]
    external_url: Mapped[str | None]
    published_at: Mapped[datetime | None]
    attempts: Mapped[int]
    error: Mapped[dict[str, Any] | None]
