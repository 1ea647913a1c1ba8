"""The pages: sessions, second factors, sent forms."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from anthyx_server.db import Json, UTCTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def _of_member(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["member_id"], ["members.id"], name=f"fk_{table}_member_id", ondelete="CASCADE"
    )


def upgrade() -> None:
    op.create_table(
        "page_sessions",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("member_id", sa.String(), nullable=False),
        sa.Column("mode", sa.String(length=4), nullable=False),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("browser", sa.String(), nullable=False),
        sa.Column("created_at", UTCTime(), nullable=False),
        sa.Column("seen_at", UTCTime(), nullable=False),
        sa.Column("ends_at", UTCTime(), nullable=False),
        sa.Column("confirmed_at", UTCTime(), nullable=False),
        _of_member("page_sessions"),
        sa.PrimaryKeyConstraint("digest", name="pk_page_sessions"),
    )
    op.create_index("ix_page_sessions_member_id", "page_sessions", ["member_id"])
    op.create_index("ix_page_sessions_ends_at", "page_sessions", ["ends_at"])
    op.create_table(
        "second_factors",
        sa.Column("member_id", sa.String(), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("encryption_key_id", sa.String(), nullable=False),
        sa.Column("recovery_digests", Json, nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UTCTime(), nullable=False),
        sa.Column("confirmed_at", UTCTime(), nullable=True),
        _of_member("second_factors"),
        sa.PrimaryKeyConstraint("member_id", name="pk_second_factors"),
    )
    op.create_index("ix_second_factors_encryption_key_id", "second_factors", ["encryption_key_id"])
    op.create_table(
        "sent_forms",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("member_id", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("created_at", UTCTime(), nullable=False),
        _of_member("sent_forms"),
        sa.PrimaryKeyConstraint("digest", name="pk_sent_forms"),
    )
    op.create_index("ix_sent_forms_member_id", "sent_forms", ["member_id"])
    op.create_index("ix_sent_forms_created_at", "sent_forms", ["created_at"])
