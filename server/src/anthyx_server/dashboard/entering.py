"""Letting a member in: a new session in place of whatever was before, and a word if it is odd."""

from __future__ import annotations

from flask import g, redirect, request
from sqlalchemy import select
from werkzeug.wrappers import Response

from anthyx_server import audit, clock, notices
from anthyx_server.addresses import source
from anthyx_server.dashboard import cookies, sessions
from anthyx_server.dashboard.browsers import name_of
from anthyx_server.dashboard.models import FamiliarOrigin
from anthyx_server.db import db
from anthyx_server.tenancy import Actor, system_caller
from anthyx_server.workspaces import Member, get_workspace


def enter(member: Member, target: str) -> Response:
    """Sign in a member whose row is locked; the caller commits, and only then answers.

    The session has a new token: one that was planted before is worth nothing.
    """
    browser = request.headers.get("User-Agent", "")
    sessions.drop(cookies.session_token())
    token = sessions.open_session(member, "live", browser)
    actor = Actor("user", member.id, member.email)
    caller = system_caller(member.workspace_id, "live")._replace(
        actor=actor, address=g.origin.address, request_id=g.request_id
    )
    audit.record(caller, "member.signed_in", "member", member.id, browser=name_of(browser))
    _recognize(member, name_of(browser))
    response = redirect(target, 303)
    response.headers["Cache-Control"] = "no-store"
    cookies.set_session(response, token)
    return response


def _recognize(member: Member, browser: str) -> None:
    """Tell a member who comes from a browser or an address that they never came from."""
    origin = source(g.origin.address or g.origin.peer)
    query = select(FamiliarOrigin).where(FamiliarOrigin.member_id == member.id)
    known = list(db.session.scalars(query))
    is_odd = all(each.browser != browser for each in known)
    is_odd |= all(each.source != origin for each in known)
    if known and is_odd:
        _tell(member, browser)
    same = [each for each in known if (each.browser, each.source) == (browser, origin)]
    if same:
        same[0].seen_at = clock.now()
        return
    db.session.add(
        FamiliarOrigin(member_id=member.id, browser=browser, source=origin, seen_at=clock.now())
    )


def _tell(member: Member, browser: str) -> None:
    workspace = get_workspace(member.workspace_id)
    notices.tell_sign_in(workspace, member, browser, g.origin.address, clock.now())
