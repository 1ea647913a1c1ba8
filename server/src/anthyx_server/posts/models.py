"""Tables of posts: the post, its targets, tags, comments and history."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from anthyx_server import clock
from anthyx_server.db import Base, OwnedByWorkspace
from anthyx_server.posts.words import WordList

# What a list can be sorted by.
SORT_COLUMNS = ("created_at", "scheduled_at", "updated_at", "published_at")
# What a list of one brand, state, tag … is found sorted by.
FACET_SORT_COLUMNS = SORT_COLUMNS[:3]
_OWNER = ("workspace_id", "mode")


def new_search_number() -> int:
    """A number that no other post has: 62 random bits."""
    return secrets.randbits(62)


def _post_indexes() -> list[sa.Index]:
    """One index for each filter and sort, so that every page is a stretch of an index."""
    found = [sa.Index(f"ix_posts_by_{column}", *_OWNER, column, "id") for column in SORT_COLUMNS]
    found += [
        sa.Index(f"ix_posts_by_brand_{column}", *_OWNER, "brand_id", column, "id")
        for column in SORT_COLUMNS
    ]
    for facet in ("state", "review_status", "campaign", "assignee"):
        is_optional = facet in {"campaign", "assignee"}
        where = sa.text(f"{facet} IS NOT NULL") if is_optional else None
        for column in FACET_SORT_COLUMNS:
            name = f"ix_posts_by_{facet}_{column}"
            found.append(
                sa.Index(
                    name,
                    *_OWNER,
                    facet,
                    column,
                    "id",
                    sqlite_where=where,
                    postgresql_where=where,
                )
            )
    return found


class Post(OwnedByWorkspace, Base):
    """A post; its state is draft, approved, publishing, published, partially_published or failed.

    `review_*` is the last word of a review, `schedule_source` where `scheduled_at` comes from.
    `words` are what `q` finds it by, `search_number` its row in SQLite's full-text index.
    """

    __tablename__ = "posts"
    __table_args__ = (
        *_post_indexes(),
        sa.Index("ix_posts_by_words", "words", postgresql_using="gin").ddl_if(dialect="postgresql"),
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
    words: Mapped[list[int]] = mapped_column(WordList, default=list)
    search_number: Mapped[int] = mapped_column(
        sa.BigInteger, default=new_search_number, unique=True
    )


class PostTarget(OwnedByWorkspace, Base):
    """A channel that a post is meant for, and what became of it there.

    It stays when the channel is deleted: what was published stays on record. The times of the
    post stand here too: a page of a platform's or a channel's posts is a stretch of an index.
    """

    __tablename__ = "post_targets"
    __table_args__ = (
        *(
            sa.Index(
                f"ix_post_targets_by_{facet}_{column}", *_OWNER, facet, f"post_{column}", "post_id"
            )
            for facet in ("platform", "channel_id")
            for column in FACET_SORT_COLUMNS
        ),
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
    post_created_at: Mapped[datetime] = mapped_column(default=clock.now)
    post_scheduled_at: Mapped[datetime | None]
    post_updated_at: Mapped[datetime] = mapped_column(default=clock.now)


class PostTag(OwnedByWorkspace, Base):
    """A tag of a post, with the post's times for the same reason as a target has them."""

    __tablename__ = "post_tags"
    __table_args__ = tuple(
        sa.Index(f"ix_post_tags_by_{column}", *_OWNER, "tag", f"post_{column}", "post_id")
        for column in FACET_SORT_COLUMNS
    )

    post_id: Mapped[str] = mapped_column(
        sa.ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True
    )
    tag: Mapped[str] = mapped_column(primary_key=True)
    post_created_at: Mapped[datetime]
    post_scheduled_at: Mapped[datetime | None]
    post_updated_at: Mapped[datetime]


class PostComment(OwnedByWorkspace, Base):
    """What somebody said about a post."""

    __tablename__ = "post_comments"
    __table_args__ = (sa.Index(None, "post_id", "id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    post_id: Mapped[str] = mapped_column(sa.ForeignKey("posts.id", ondelete="CASCADE"))
    author: Mapped[dict[str, Any]]
    text: Mapped[str]
    created_at: Mapped[datetime]


class PostHistoryEntry(OwnedByWorkspace, Base):
    """What happened to a post; `changes` maps a field to what it was and what it became."""

    __tablename__ = "post_history"
    __table_args__ = (sa.Index(None, "post_id", "id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    post_id: Mapped[str] = mapped_column(sa.ForeignKey("posts.id", ondelete="CASCADE"))
    type: Mapped[str]
    actor: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    changes: Mapped[dict[str, Any] | None]
