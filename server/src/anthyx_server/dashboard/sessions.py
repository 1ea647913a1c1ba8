"""Sessions of the pages: opened at sign-in, looked at by every page, ended at once.

OWASP's Session Management Cheat Sheet: an opaque id of 256 bits, new at each sign-in, stored as a
digest, 12 hours idle and 14 days in all.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import NamedTuple

from flask import g
from sqlalchemy import delete, select

from anthyx_server import clock
from anthyx_server.dashboard.models import PageSession
from anthyx_server.db import db
from anthyx_server.tenancy import Caller
from anthyx_server.workspaces import Member, Workspace

IDLE = timedelta(hours=12)
LIFE = timedelta(days=14)
# The password that was given so long ago is good for what needs it again.
CONFIRMED_FOR = timedelta(minutes=15)
# Noting every look would write once per page.
_NOTED_EVERY = timedelta(minutes=1)
_LONGEST_BROWSER = 200


class Visitor(NamedTuple):
    """Who looks at a page, and on whose behalf services act for them."""

    session: PageSession
    member: Member
    workspace: Workspace
    caller: Caller

    @property
    def is_confirmed(self) -> bool:
        """True where the password was given a moment ago."""
        return self.session.confirmed_at > clock.now() - CONFIRMED_FOR


def open_session(member: Member, mode: str, browser: str) -> str:
    """Sign a member in; the token for the cookie, which is stored nowhere."""
    token = secrets.token_urlsafe(32)
    moment = clock.now()
    db.session.add(
        PageSession(
            digest=digest_of(token),
            member_id=member.id,
            mode=mode,
            address=g.origin.address,
            browser=browser[:_LONGEST_BROWSER],
            created_at=moment,
            seen_at=moment,
            ends_at=moment + LIFE,
            confirmed_at=moment,
        )
    )
    return token


def find_session(token: str) -> tuple[PageSession, Member, Workspace] | None:
    """The session of a cookie, if it is one and has not ended."""
    moment = clock.now()
    query = (
        select(PageSession, Member, Workspace)
        .join(Member, Member.id == PageSession.member_id)
        .join(Workspace, Workspace.id == Member.workspace_id)
        .where(
            PageSession.digest == digest_of(token),
            PageSession.ends_at > moment,
            PageSession.seen_at > moment - IDLE,
            Member.password_hash.is_not(None),
            Workspace.removed_at.is_(None),
        )
    )
    found = db.session.execute(query).first()
    return None if found is None else (found[0], found[1], found[2])


def note_use(session: PageSession) -> bool:
    """Keep a session from ending idle; whether there is something to commit."""
    if session.seen_at > clock.now() - _NOTED_EVERY:
        return False
    session.seen_at = clock.now()
    return True


def list_sessions(member: Member) -> list[PageSession]:
    """Where a member is signed in, the latest first."""
    moment = clock.now()
    query = select(PageSession).where(
        PageSession.member_id == member.id,
        PageSession.ends_at > moment,
        PageSession.seen_at > moment - IDLE,
    )
    return list(db.session.scalars(query.order_by(PageSession.seen_at.desc())))


def end_session(session: PageSession) -> None:
    """Sign out here."""
    db.session.delete(session)


def end_sessions(member_id: str, *, but: str | None = None) -> None:
    """Sign a member out everywhere, but for the session with one digest."""
    query = delete(PageSession).where(PageSession.member_id == member_id)
    db.session.execute(query if but is None else query.where(PageSession.digest != but))


def digest_of(token: str) -> str:
    """Enough for 256 random bits, which nobody finds by trying."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
