"""The table of the audit log; triggers of the schema refuse UPDATE and DELETE."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from anthyx_server.db import Base, OwnedByWorkspace


class AuditEntry(OwnedByWorkspace, Base):
    """One action."""

    __tablename__ = "audit_entries"
    __table_args__ = (sa.Index(None, "workspace_id", "mode", "id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    action: Mapped[str]
    actor: Mapped[dict[str, Any]]
    target_type: Mapped[str]
    target_id: Mapped[str]
    detail: Mapped[dict[str, Any]]
    address: Mapped[str | None]
    request_id: Mapped[str | None]
    created_at: Mapped[datetime]
