"""The outbox, and how far each workspace's feed has come."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from anthyx_server.db import Base, OwnedByWorkspace


class Event(OwnedByWorkspace, Base):
    """One event; `body` holds the exact bytes that are signed and sent.

    `position` is its place in the feed of its workspace and mode. It is set right before COMMIT,
    so that no row that others can see lacks one.
    """

    __tablename__ = "events"
    __table_args__ = (
        sa.Index(None, "workspace_id", "mode", "position", unique=True),
        sa.Index(None, "workspace_id", "mode", "type", "position"),
        sa.Index(None, "workspace_id", "mode", "brand_id", "type", "position"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str]
    brand_id: Mapped[str | None]
    body: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(index=True)
    position: Mapped[int | None] = mapped_column(sa.BigInteger)


class EventFeed(OwnedByWorkspace, Base):
    """The position of the newest event; whoever commits events holds the row until then."""

    __tablename__ = "event_feeds"

    workspace_id: Mapped[str] = mapped_column(sa.ForeignKey("workspaces.id"), primary_key=True)
    mode: Mapped[str] = mapped_column(sa.String(4), primary_key=True)
    position: Mapped[int] = mapped_column(sa.BigInteger)
