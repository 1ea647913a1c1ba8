"""The tables of usage: its history, and which thresholds were told."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from anthyx_server.db import Base, OwnedByWorkspace


class UsageHour(OwnedByWorkspace, Base):
    """Requests of one key in one hour, as one counter in Redis told them.

    `source` names the counter: should Redis lose it within the hour, its successor's counts go
    to a row of their own, so that writing a row again changes nothing and no count is lost.
    """

    __tablename__ = "usage_hours"
    __table_args__ = (sa.Index(None, "workspace_id", "mode", "hour"),)

    key_id: Mapped[str] = mapped_column(sa.ForeignKey("api_keys.id"), primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    accepted: Mapped[int]
    limited: Mapped[int]


class UsageNotice(OwnedByWorkspace, Base):
    """A threshold of a family's day window that was told; once it is here, it is never again."""

    __tablename__ = "usage_notices"

    family_id: Mapped[str] = mapped_column(primary_key=True)
    window_ends_at: Mapped[datetime] = mapped_column(primary_key=True, index=True)
    threshold_percent: Mapped[int] = mapped_column(primary_key=True)
