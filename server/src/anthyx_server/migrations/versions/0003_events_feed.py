"""The feed of events: positions in the order of commits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# The events that are there are placed by when they were made: strictly ascending microseconds.
# `time - number` never falls below what came before, and adding the number tells apart what is
# left equal.
_PLACE = """
UPDATE events SET position = placed.position FROM (
  SELECT id, max(time - number) OVER (
      PARTITION BY workspace_id, mode ORDER BY number
    ) + number AS position
  FROM (
    SELECT id, workspace_id, mode, {microseconds} AS time,
      row_number() OVER (PARTITION BY workspace_id, mode ORDER BY created_at, id) AS number
    FROM events
  ) AS numbered
) AS placed WHERE placed.id = events.id
"""
_MICROSECONDS = {
    "sqlite": "created_at * 1000",
    "postgresql": "CAST(extract(epoch FROM created_at) * 1000000 AS bigint)",
}
_FEEDS = """
INSERT INTO event_feeds (workspace_id, mode, position)
SELECT workspace_id, mode, max(position) FROM events GROUP BY workspace_id, mode
"""


def upgrade() -> None:
    op.create_table(
        "event_feeds",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("mode", sa.String(length=4), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name="fk_event_feeds_workspace_id"
        ),
        sa.PrimaryKeyConstraint("workspace_id", "mode", name="pk_event_feeds"),
    )
    op.add_column("events", sa.Column("position", sa.BigInteger(), nullable=True))
    op.execute(_PLACE.format(microseconds=_MICROSECONDS[op.get_bind().dialect.name]))
    op.execute(_FEEDS)
    op.drop_index("ix_events_workspace_id_mode_id", "events")
    owner = ["workspace_id", "mode"]
    op.create_index(
        "ix_events_workspace_id_mode_position", "events", [*owner, "position"], unique=True
    )
    op.create_index(
        "ix_events_workspace_id_mode_type_position", "events", [*owner, "type", "position"]
    )
    op.create_index(
        "ix_events_workspace_id_mode_brand_id_type_position",
        "events",
        [*owner, "brand_id", "type", "position"],
    )
