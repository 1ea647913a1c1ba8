"""The tables of the audit log; triggers of the schema refuse to change or remove what is there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from anthyx_server.db import Base, OwnedByWorkspace


class AuditEntry(OwnedByWorkspace, Base):
    """One action; `number` counts the workspace's entries of both modes from 1, without gaps.

    `hash` covers all other columns and the hash of the entry before; `actor_id` is the actor's.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        sa.UniqueConstraint("workspace_id", "number"),
        sa.Index(None, "workspace_id", "mode", "number"),
        sa.Index(None, "workspace_id", "mode", "action", "number"),
        sa.Index(None, "workspace_id", "mode", "actor_id", "number"),
        sa.Index(None, "workspace_id", "mode", "target_id", "number"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    action: Mapped[str]
    actor: Mapped[dict[str, Any]]
    target_type: Mapped[str]
    target_id: Mapped[str]
    detail: Mapped[dict[str, Any]]
    address: Mapped[str | None]
    request_id: Mapped[str | None]
    created_at: Mapped[datetime]
    number: Mapped[int] = mapped_column(sa.BigInteger)
    actor_id: Mapped[str | None]
    encryption_key_id: Mapped[str]
    hash: Mapped[str]


class AuditHead(Base):
    """Where the chain of a workspace ends: number and hash of its last entry, and their seal."""

    __tablename__ = "audit_heads"

    workspace_id: Mapped[str] = mapped_column(sa.ForeignKey("workspaces.id"), primary_key=True)
    number: Mapped[int] = mapped_column(sa.BigInteger)
    hash: Mapped[str]
    encryption_key_id: Mapped[str]
    seal: Mapped[str]
