"""Channels and posts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from anthyx_server.db import Json, UTCTime

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
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("mode", sa.String(length=4), nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brands.id"], name="fk_posts_brand_id"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_posts_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_posts"),
    )
    _index("posts", "workspace_id", "mode", "id")
    _index("posts", "workspace_id", "mode", "brand_id", "id")
    _index("posts", "workspace_id", "mode", "state", "id")
    _index("posts", "workspace_id", "mode", "published_at", "id")

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
    _index("post_targets", "workspace_id", "mode", "platform", "post_id")
    _index("post_targets", "workspace_id", "mode", "channel_id", "post_id")
    _index("post_targets", "workspace_id", "mode", "published_at")


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, [*columns])
