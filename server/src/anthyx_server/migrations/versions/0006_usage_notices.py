"""Which thresholds of usage were told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from anthyx_server.db import UTCTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "usage_notices",
        sa.Column("family_id", sa.String(), nullable=False),
        sa.Column("window_ends_at", UTCTime(), nullable=False),
        sa.Column("threshold_percent", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("mode", sa.String(length=4), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name="fk_usage_notices_workspace_id"
        ),
        sa.PrimaryKeyConstraint(
            "family_id", "window_ends_at", "threshold_percent", name="pk_usage_notices"
        ),
    )
    op.create_index("ix_usage_notices_window_ends_at", "usage_notices", ["window_ends_at"])
