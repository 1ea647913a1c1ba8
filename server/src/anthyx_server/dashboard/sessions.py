"""Sessions of the pages: opened at sign-in, looked at by every page, ended at once.

OWASP's Session Management Cheat Sheet: an opaque id of 256 bits, new at each sign-in, stored as a
digest, 12 hours idle and 14 days in all.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any, NamedTuple

from flask import g
from sqlalchemy import delete, select, update

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
# Whoever knows the password could otherwise fill the table.
_MOST_SESSIONS = 50


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
    """Sign a member, whose row is locked, in; the token for the cookie, which is stored nowhere."""
    token = secrets.token_urlsafe(32)
    moment = clock.now()
    for old in list_sessions(member)[_MOST_SESSIONS - 1 :]:
        end_session(member.id, old.digest)
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
    db.session.flush()
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
    """Keep a session from ending idle; whether anything was written, so that it must be read anew.

    Beside the request's own transaction, which holds nothing yet: a session that is ended at this
    moment stays so, and nobody waits for what the request does.
    """
    moment, digest = clock.now(), session.digest
    if session.seen_at > moment - _NOTED_EVERY:
        return False
    db.session.rollback()
    mine = update(PageSession).where(PageSession.digest == digest)
    with db.engine.begin() as connection:
        connection.execute(mine.values(seen_at=moment))
    return True


def hold(member_id: str) -> tuple[str, list[str] | None] | None:
    """A member's role and brands as they are until the transaction ends; None where they are gone.

    Locked before their sessions and second factor, as everybody does who changes these.
    """
    query = select(Member.role, Member.brand_ids).where(Member.id == member_id)
    found = db.session.execute(query.with_for_update(read=True)).first()
    return None if found is None else (found[0], found[1])


def hold_session(digest: str) -> bool:
    """True where a session has not ended, and will not before the transaction has."""
    query = select(PageSession.digest).where(PageSession.digest == digest)
    return db.session.scalar(query.with_for_update(read=True)) is not None


def confirm(session: PageSession) -> None:
    """Note that the password was given just now."""
    _change(session, confirmed_at=clock.now())


def choose_mode(session: PageSession, mode: str) -> None:
    """Show the data of another mode from now on."""
    _change(session, mode=mode)


def _change(session: PageSession, **values: Any) -> None:
    hold(session.member_id)
    mine = update(PageSession).where(PageSession.digest == session.digest)
    db.session.execute(mine.values(**values))


def list_sessions(member: Member) -> list[PageSession]:
    """Where a member is signed in, the latest first."""
    moment = clock.now()
    query = select(PageSession).where(
        PageSession.member_id == member.id,
        PageSession.ends_at > moment,
        PageSession.seen_at > moment - IDLE,
    )
    return list(db.session.scalars(query.order_by(PageSession.seen_at.desc())))


def end_session(member_id: str, digest: str) -> None:
    """Sign a member out of one browser."""
    hold(member_id)
    mine = PageSession.member_id == member_id, PageSession.digest == digest
    db.session.execute(delete(PageSession).where(*mine))


def drop(token: str | None) -> None:
    """End the session of a cookie that is about to be replaced, if it is one."""
    if token is not None:
        db.session.execute(delete(PageSession).where(PageSession.digest == digest_of(token)))


def end_sessions(member_id: str, *, but: str | None = None) -> None:
    """Sign a member out everywhere, but for the session with one digest."""
    hold(member_id)
    query = delete(PageSession).where(PageSession.member_id == member_id)
    db.session.execute(query if but is None else query.where(PageSession.digest != but))


def digest_of(token: str) -> str:
    """Enough for 256 random bits, which nobody finds by trying."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
