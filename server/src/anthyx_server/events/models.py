"""The outbox."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from anthyx_server.db import Base, OwnedByWorkspace


class Event(OwnedByWorkspace, Base):
    """One event; `body` holds the exact bytes that are signed and sent."""

    __tablename__ = "events"
    __table_args__ = (sa.Index(None, "workspace_id", "mode", "id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str]
    brand_id: Mapped[str | None]
    body: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(index=True)
