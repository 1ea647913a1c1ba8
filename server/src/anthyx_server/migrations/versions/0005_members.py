"""Members: invites, links, brands."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from anthyx_server.db import Json, UTCTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let a member be without a password, and restricted to brands; add their links."""
    op.add_column("members", sa.Column("brand_ids", Json, nullable=True))
    with op.batch_alter_table("members") as batch:
        batch.alter_column("password_hash", existing_type=sa.String(), nullable=True)
    op.create_table(
        "member_links",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("member_id", sa.String(), nullable=False),
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("expires_at", UTCTime(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_member_links_member_id"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name="fk_member_links_workspace_id"
        ),
        sa.PrimaryKeyConstraint("digest", name="pk_member_links"),
    )
    op.create_index("ix_member_links_member_id", "member_links", ["member_id"])
