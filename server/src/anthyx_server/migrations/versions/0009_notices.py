"""Notices and their mails, familiar origins, wanted resets; codes that are tried too often."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from anthyx_server.db import UTCTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_WAITS = sa.text("next_attempt_at IS NOT NULL")


def _of_member(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["member_id"], ["members.id"], name=f"fk_{table}_member_id", ondelete="CASCADE"
    )


def upgrade() -> None:
    op.add_column(
        "second_factors", sa.Column("failures", sa.Integer(), nullable=False, server_default="0")
    )
    op.add_column("second_factors", sa.Column("locked_until", UTCTime(), nullable=True))
    _notices()
    _mails()
    op.create_table(
        "familiar_origins",
        sa.Column("member_id", sa.String(), nullable=False),
        sa.Column("browser", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("seen_at", UTCTime(), nullable=False),
        _of_member("familiar_origins"),
        sa.PrimaryKeyConstraint("member_id", "browser", "source", name="pk_familiar_origins"),
    )
    op.create_index("ix_familiar_origins_seen_at", "familiar_origins", ["seen_at"])
    op.create_table(
        "wanted_resets",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_wanted_resets"),
    )


def _notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("member_id", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("once", sa.String(), nullable=True),
        sa.Column("created_at", UTCTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name="fk_notices_workspace_id"
        ),
        _of_member("notices"),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
        sa.UniqueConstraint("once", name="uq_notices_once"),
    )
    op.create_index("ix_notices_workspace_id_id", "notices", ["workspace_id", "id"])
    op.create_index("ix_notices_member_id", "notices", ["member_id"])
    op.create_index("ix_notices_created_at", "notices", ["created_at"])


def _mails() -> None:
    op.create_table(
        "mails",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("notice_id", sa.String(), nullable=False),
        sa.Column("member_id", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("sealed_link", sa.LargeBinary(), nullable=True),
        sa.Column("encryption_key_id", sa.String(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", UTCTime(), nullable=True),
        sa.Column("gives_up_at", UTCTime(), nullable=False),
        sa.Column("sent_at", UTCTime(), nullable=True),
        sa.Column("last_problem", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notices.id"], name="fk_mails_notice_id", ondelete="CASCADE"
        ),
        _of_member("mails"),
        sa.PrimaryKeyConstraint("id", name="pk_mails"),
    )
    op.create_index("ix_mails_notice_id", "mails", ["notice_id"])
    op.create_index("ix_mails_member_id", "mails", ["member_id"])
    op.create_index(
        "ix_mails_waiting",
        "mails",
        ["next_attempt_at"],
        sqlite_where=_WAITS,
        postgresql_where=_WAITS,
    )
