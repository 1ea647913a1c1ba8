"""The tables of notices: what was told, and the mails that carry it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from anthyx_server.db import Base

_WAITS = sa.text("next_attempt_at IS NOT NULL")


class Notice(Base):
    """What a workspace, or one member of it, is told; there is never a secret in it.

    Of several with the same `once` there is one.
    """

    __tablename__ = "notices"
    __table_args__ = (sa.Index(None, "workspace_id", "id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    workspace_id: Mapped[str] = mapped_column(sa.ForeignKey("workspaces.id"))
    member_id: Mapped[str | None] = mapped_column(
        sa.ForeignKey("members.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[str]
    subject: Mapped[str]
    text: Mapped[str]
    once: Mapped[str | None] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(index=True)


class Mail(Base):
    """A notice on its way to one member; it waits where `next_attempt_at` is set.

    `sealed_link` is a link that the mail ends with and nothing else may show: it is forgotten
    once the mail is sent or given up.
    """

    __tablename__ = "mails"
    __table_args__ = (
        sa.Index(
            "ix_mails_waiting",
            "next_attempt_at",
            sqlite_where=_WAITS,
            postgresql_where=_WAITS,
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    notice_id: Mapped[str] = mapped_column(
        sa.ForeignKey("notices.id", ondelete="CASCADE"), index=True
    )
    member_id: Mapped[str] = mapped_column(
        sa.ForeignKey("members.id", ondelete="CASCADE"), index=True
    )
    address: Mapped[str]
    sealed_link: Mapped[bytes | None]
    encryption_key_id: Mapped[str | None]
    attempts: Mapped[int]
    next_attempt_at: Mapped[datetime | None]
    gives_up_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    last_problem: Mapped[str | None]
