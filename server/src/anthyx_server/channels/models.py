"""The table of channels."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from anthyx_server.db import Base, OwnedByWorkspace


class Channel(OwnedByWorkspace, Base):
    """A social account of a brand; `credentials` are sealed and never shown.

    `encryption_key_id` names the key that they are sealed with. A deleted channel is gone; the
    targets of posts keep its id.
    """

    __tablename__ = "channels"
    __table_args__ = (
        sa.Index(None, "workspace_id", "mode", "id"),
        sa.Index(None, "workspace_id", "mode", "brand_id", "id"),
        sa.Index(None, "workspace_id", "mode", "name", "id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    brand_id: Mapped[str] = mapped_column(sa.ForeignKey("brands.id"))
    platform: Mapped[str]
    name: Mapped[str]
    external_id: Mapped[str | None]
    status: Mapped[str]
    status_detail: Mapped[str | None]
    credentials: Mapped[bytes | None]
    encryption_key_id: Mapped[str | None] = mapped_column(index=True)
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
