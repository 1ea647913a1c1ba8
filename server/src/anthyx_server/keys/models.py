"""The table of API keys."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from anthyx_server.db import Base, OwnedByWorkspace

EXPIRY_NOTICE = timedelta(days=7)


class ApiKey(OwnedByWorkspace, Base):
    """A key: of its token only a keyed digest, the prefix and the last four characters.

    `auth_version` is bumped by what takes rights away; a request in flight compares it before
    it commits.
    """

    __tablename__ = "api_keys"
    __table_args__ = (sa.Index(None, "workspace_id", "mode", "id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    family_id: Mapped[str]
    name: Mapped[str]
    description: Mapped[str]
    digest: Mapped[str] = mapped_column(unique=True)
    pepper_id: Mapped[str] = mapped_column(index=True)
    prefix: Mapped[str]
    last4: Mapped[str]
    scopes: Mapped[list[str]]
    brand_ids: Mapped[list[str] | None]
    ip_allowlist: Mapped[list[str] | None]
    metadata_: Mapped[dict[str, str]] = mapped_column("metadata")
    version: Mapped[int]
    auth_version: Mapped[int]
    created_at: Mapped[datetime]
    created_by: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime]
    expires_at: Mapped[datetime | None] = mapped_column(index=True)
    expiry_notices: Mapped[int]
    last_used_at: Mapped[datetime | None]
    last_used_ip: Mapped[str | None]
    rotated_from: Mapped[str | None]
    superseded_by: Mapped[str | None]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[dict[str, Any] | None]
    revoked_reason: Mapped[str | None]

    def status(self, moment: datetime) -> str:
        """`active`, `expiring` (replaced, or within 7 days), `expired` or `revoked`."""
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at is None:
            return "active"
        if self.expires_at <= moment:
            return "expired"
        is_ending = self.superseded_by is not None or self.expires_at - moment <= EXPIRY_NOTICE
        return "expiring" if is_ending else "active"

    def is_in_force(self, moment: datetime) -> bool:
        """True where requests with this key are let in."""
        return self.status(moment) in {"active", "expiring"}
