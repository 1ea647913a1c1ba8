"""Tables of workspaces and the people in them."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from anthyx_server.db import Base


class Workspace(Base):
    """A customer's account; `plan_version` grows with each change of plan."""

    __tablename__ = "workspaces"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    plan: Mapped[str]
    plan_version: Mapped[int] = mapped_column(default=1)
    timezone: Mapped[str] = mapped_column(default="UTC")
    created_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]


class Member(Base):
    """A person in a workspace; the password is kept as a bcrypt hash, once there is one.

    `brand_ids` None means every brand; it is never an empty list.
    """

    __tablename__ = "members"
    __table_args__ = (
        sa.UniqueConstraint("workspace_id", "email"),
        sa.Index(
            "ix_members_one_owner",
            "workspace_id",
            unique=True,
            sqlite_where=sa.text("role = 'owner'"),
            postgresql_where=sa.text("role = 'owner'"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    workspace_id: Mapped[str] = mapped_column(sa.ForeignKey("workspaces.id"))
    email: Mapped[str]
    role: Mapped[str]
    password_hash: Mapped[str | None]
    created_at: Mapped[datetime]
    brand_ids: Mapped[list[str] | None]

    @property
    def state(self) -> str:
        """`invited` until the invite is accepted, then `active`."""
        return "invited" if self.password_hash is None else "active"


class MemberLink(Base):
    """A link that a member was given; of its token only the digest is kept."""

    __tablename__ = "member_links"

    digest: Mapped[str] = mapped_column(primary_key=True)
    member_id: Mapped[str] = mapped_column(sa.ForeignKey("members.id"), index=True)
    workspace_id: Mapped[str] = mapped_column(sa.ForeignKey("workspaces.id"))
    purpose: Mapped[str]
    expires_at: Mapped[datetime]
