"""The table of brands."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from anthyx_server.db import Base, OwnedByWorkspace


class Brand(OwnedByWorkspace, Base):
    """A brand; `name_key` is the name as it is compared: normalized and without case."""

    __tablename__ = "brands"
    __table_args__ = (
        sa.UniqueConstraint("workspace_id", "mode", "name_key"),
        sa.UniqueConstraint("workspace_id", "mode", "slug"),
        sa.Index(None, "workspace_id", "mode", "id"),
        sa.Index(None, "workspace_id", "mode", "status", "id"),
        sa.Index(None, "workspace_id", "mode", "status", "name_key", "id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_key: Mapped[str]
    slug: Mapped[str]
    description: Mapped[str]
    website_url: Mapped[str | None]
    logo_url: Mapped[str | None]
    colors: Mapped[list[dict[str, str]]]
    voice: Mapped[dict[str, Any]]
    timezone: Mapped[str]
    status: Mapped[str]
    metadata_: Mapped[dict[str, str]] = mapped_column("metadata")
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]
