"""Links that a member gets once: to accept an invite, or to set a new password."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from anthyx_server import clock
from anthyx_server.db import db
from anthyx_server.workspaces.errors import LinkInvalidError
from anthyx_server.workspaces.models import Member, MemberLink

# What a link is for, and how long it holds: the path that it leads to starts with the name.
LIFE = {"invites": timedelta(hours=72), "reset": timedelta(hours=24)}


@dataclass(frozen=True)
class NewLink:
    """A link's path on the public URL, which is shown once."""

    path: str = field(repr=False)
    expires_at: datetime


def make(member: Member, purpose: str, life: timedelta | None = None) -> NewLink:
    """Make a link for a member of a locked workspace; any made before for the same end ends.

    It holds for `life`, or as long as links for its end do.
    """
    forget(member, purpose)
    token = secrets.token_urlsafe(32)
    expires_at = clock.now() + (life or LIFE[purpose])
    db.session.add(
        MemberLink(
            digest=_digest(token),
            member_id=member.id,
            workspace_id=member.workspace_id,
            purpose=purpose,
            expires_at=expires_at,
        )
    )
    db.session.flush()
    return NewLink(f"/{purpose}/{token}", expires_at)


def find(token: str, purpose: str) -> MemberLink:
    """The link of this token; it isn't used up by looking at it.

    Raises:
        LinkInvalidError: there is none for this end, or its time is over.
    """
    query = select(MemberLink).where(MemberLink.digest == _digest(token))
    link = db.session.scalar(query.execution_options(populate_existing=True))
    if link is None or link.purpose != purpose or link.expires_at <= clock.now():
        raise LinkInvalidError("this link does not hold (any more): ask for a new one")
    return link


def forget(member: Member, purpose: str | None = None) -> None:
    """Let a member's links for one end, or for all, hold no more."""
    query = delete(MemberLink).where(MemberLink.member_id == member.id)
    db.session.execute(query if purpose is None else query.where(MemberLink.purpose == purpose))


def _digest(token: str) -> str:
    """Enough for 256 random bits, which nobody finds by trying."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
