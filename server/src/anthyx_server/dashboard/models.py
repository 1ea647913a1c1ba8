"""The tables of the pages: sessions, second factors, forms that were sent, resets."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from anthyx_server.db import Base

_OF_MEMBER = "members.id"


class PageSession(Base):
    """One browser where a member is signed in; of its cookie only the digest is kept.

    It ends with the member. `confirmed_at` is when the password was last given, `mode` whose data
    the pages show.
    """

    __tablename__ = "page_sessions"

    digest: Mapped[str] = mapped_column(primary_key=True)
    member_id: Mapped[str] = mapped_column(
        sa.ForeignKey(_OF_MEMBER, ondelete="CASCADE"), index=True
    )
    mode: Mapped[str] = mapped_column(sa.String(4))
    address: Mapped[str | None]
    browser: Mapped[str]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ends_at: Mapped[datetime] = mapped_column(index=True)
    confirmed_at: Mapped[datetime]


class SecondFactor(Base):
    """A member's TOTP secret (RFC 6238), sealed; it counts once `confirmed_at` is set.

    `last_step` is the newest time step that was used: no code is taken twice. `failures` counts
    wrong codes in a row; after some, none is looked at before `locked_until`.
    """

    __tablename__ = "second_factors"

    member_id: Mapped[str] = mapped_column(
        sa.ForeignKey(_OF_MEMBER, ondelete="CASCADE"), primary_key=True
    )
    sealed_secret: Mapped[bytes]
    encryption_key_id: Mapped[str] = mapped_column(index=True)
    recovery_digests: Mapped[list[str]]
    last_step: Mapped[int] = mapped_column(sa.BigInteger)
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0, server_default="0")
    locked_until: Mapped[datetime | None]


class SentForm(Base):
    """A form that was acted upon, and where its result is: sent again, it does nothing more."""

    __tablename__ = "sent_forms"

    digest: Mapped[str] = mapped_column(primary_key=True)
    member_id: Mapped[str] = mapped_column(
        sa.ForeignKey(_OF_MEMBER, ondelete="CASCADE"), index=True
    )
    location: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(index=True)


class FamiliarOrigin(Base):
    """A browser and an address that a member has signed in from."""

    __tablename__ = "familiar_origins"

    member_id: Mapped[str] = mapped_column(
        sa.ForeignKey(_OF_MEMBER, ondelete="CASCADE"), primary_key=True
    )
    browser: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(index=True)


class WantedReset(Base):
    """An address that somebody forgot the password of, whether or not it is a member's.

    A job looks at it: how long the page takes says nothing.
    """

    __tablename__ = "wanted_resets"

    id: Mapped[str] = mapped_column(primary_key=True)
    email: Mapped[str]
    address: Mapped[str | None]
