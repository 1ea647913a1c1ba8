"""Channels and posts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from anthyx_server.db import Json, UTCTime
from anthyx_server.posts.words import WordList

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "channels",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("brand_id", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("status_detail", sa.String(), nullable=True),
        sa.Column("credentials", sa.LargeBinary(), nullable=True),
        sa.Column("encryption_key_id", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCTime(), nullable=False),
        sa.Column("updated_at", UTCTime(), nullable=False),
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("mode", sa.String(length=4), nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name="fk_channels_brand_id"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name="fk_channels_workspace_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_channels"),
    )
    _index("channels", "encryption_key_id")
    _index("channels", "workspace_id", "mode", "id")
    _index("channels", "workspace_id", "mode", "brand_id", "id")
    _index("channels", "workspace_id", "mode", "name", "id")

    op.create_table(
        "posts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("brand_id", sa.String(), nullable=False),
        sa.Column("campaign", sa.String(), nullable=True),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("thread", Json, nullable=True),
        sa.Column("media", Json, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("review_status", sa.String(), nullable=False),
        sa.Column("review_by", Json, nullable=True),
        sa.Column("review_at", UTCTime(), nullable=True),
        sa.Column("review_comment", sa.String(), nullable=True),
        sa.Column("scheduled_at", UTCTime(), nullable=True),
        sa.Column("schedule_source", sa.String(), nullable=True),
        sa.Column("author", Json, nullable=False),
        sa.Column("assignee", sa.String(), nullable=True),
        sa.Column("notes", sa.String(), nullable=False),
        sa.Column("tags", Json, nullable=False),
        sa.Column("metadata", Json, nullable=False),
        sa.Column("error", Json, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCTime(), nullable=False),
        sa.Column("updated_at", UTCTime(), nullable=False),
        sa.Column("approved_at", UTCTime(), nullable=True),
        sa.Column("published_at", UTCTime(), nullable=True),
        sa.Column("words", WordList(), nullable=False),
        sa.Column("search_number", sa.BigInteger(), nullable=False),
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("mode", sa.String(length=4), nullable=False),
        sa.UniqueConstraint("search_number", name="uq_posts_search_number"),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name="fk_posts_brand_id"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_posts_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_posts"),
    )
    op.create_table(
        "post_targets",
        sa.Column("post_id", sa.String(), nullable=False),
        sa.Column("channel_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("content_override", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("external_url", sa.String(), nullable=True),
        sa.Column("published_at", UTCTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", Json, nullable=True),
        sa.Column("post_created_at", UTCTime(), nullable=False),
        sa.Column("post_scheduled_at", UTCTime(), nullable=True),
        sa.Column("post_updated_at", UTCTime(), nullable=False),
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("mode", sa.String(length=4), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name="fk_post_targets_post_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name="fk_post_targets_workspace_id"
        ),
        sa.PrimaryKeyConstraint("post_id", "channel_id", name="pk_post_targets"),
    )
    _index("post_targets", "workspace_id", "mode", "published_at")

    op.create_table(
        "post_tags",
        sa.Column("post_id", sa.String(), nullable=False),
        sa.Column("tag", sa.String(), nullable=False),
        sa.Column("post_created_at", UTCTime(), nullable=False),
        sa.Column("post_scheduled_at", UTCTime(), nullable=True),
        sa.Column("post_updated_at", UTCTime(), nullable=False),
        *_of_a_post("post_tags"),
        sa.PrimaryKeyConstraint("post_id", "tag", name="pk_post_tags"),
    )
    op.create_table(
        "post_comments",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("post_id", sa.String(), nullable=False),
        sa.Column("author", Json, nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("created_at", UTCTime(), nullable=False),
        *_of_a_post("post_comments"),
        sa.PrimaryKeyConstraint("id", name="pk_post_comments"),
    )
    _index("post_comments", "post_id", "id")
    op.create_table(
        "post_history",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("post_id", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("actor", Json, nullable=False),
        sa.Column("at", UTCTime(), nullable=False),
        sa.Column("changes", Json, nullable=True),
        *_of_a_post("post_history"),
        sa.PrimaryKeyConstraint("id", name="pk_post_history"),
    )
    _index("post_history", "post_id", "id")
    _index_lists_of_posts()
    _index_words()


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, [*columns])


def _of_a_post(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("mode", sa.String(length=4), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=f"fk_{table}_post_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=f"fk_{table}_workspace_id"
        ),
    ]


def _index_lists_of_posts() -> None:
    """One index for each filter and sort."""
    owner = ["workspace_id", "mode"]
    sorts = ["created_at", "scheduled_at", "updated_at", "published_at"]
    for sort in sorts:
        op.create_index(f"ix_posts_by_{sort}", "posts", [*owner, sort, "id"])
        op.create_index(f"ix_posts_by_brand_{sort}", "posts", [*owner, "brand_id", sort, "id"])
    for sort in sorts[:3]:
        for facet in ("state", "review_status"):
            op.create_index(f"ix_posts_by_{facet}_{sort}", "posts", [*owner, facet, sort, "id"])
        for facet in ("campaign", "assignee"):
            where = sa.text(f"{facet} IS NOT NULL")
            op.create_index(
                f"ix_posts_by_{facet}_{sort}",
                "posts",
                [*owner, facet, sort, "id"],
                sqlite_where=where,
                postgresql_where=where,
            )
        for facet in ("platform", "channel_id"):
            columns = [*owner, facet, f"post_{sort}", "post_id"]
            op.create_index(f"ix_post_targets_by_{facet}_{sort}", "post_targets", columns)
        columns = [*owner, "tag", f"post_{sort}", "post_id"]
        op.create_index(f"ix_post_tags_by_{sort}", "post_tags", columns)


def _index_words() -> None:
    """The full-text index: GIN on PostgreSQL; on SQLite FTS5, which triggers keep in step."""
    if op.get_bind().dialect.name == "postgresql":
        op.create_index("ix_posts_by_words", "posts", ["words"], postgresql_using="gin")
        return
    op.execute(
        "CREATE VIRTUAL TABLE post_words"
        " USING fts5(words, content='', detail=none, tokenize='ascii')"
    )
    add = "INSERT INTO post_words (rowid, words) VALUES (new.search_number, new.words)"
    remove = (
        "INSERT INTO post_words (post_words, rowid, words)"
        " VALUES ('delete', old.search_number, old.words)"
    )
    op.execute(f"CREATE TRIGGER post_words_added AFTER INSERT ON posts BEGIN {add}; END")
    op.execute(f"CREATE TRIGGER post_words_removed AFTER DELETE ON posts BEGIN {remove}; END")
    op.execute(
        "CREATE TRIGGER post_words_changed AFTER UPDATE OF words ON posts"
        f" WHEN old.words <> new.words BEGIN {remove}; {add}; END"
    )
