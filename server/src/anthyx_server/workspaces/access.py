"""How members get in: passwords, and the links with which they set one."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import NamedTuple

from flask import current_app
from sqlalchemy import select

from anthyx_server.db import db
from anthyx_server.tenancy import Actor, Caller, system_caller
from anthyx_server.workspaces import links
from anthyx_server.workspaces.emails import normal_email
from anthyx_server.workspaces.errors import (
    LinkInvalidError,
    MemberError,
    WorkspaceNotFoundError,
)
from anthyx_server.workspaces.links import NewLink
from anthyx_server.workspaces.members import lock_member, rights_changed, tell
from anthyx_server.workspaces.models import Member, Workspace
from anthyx_server.workspaces.passwords import hashed, is_password
from anthyx_server.workspaces.service import get_workspace, lock_workspace


class Fitting(NamedTuple):
    """A member whom an address and a password fit, and in which workspace they are.

    `mark` changes with the password.
    """

    member_id: str
    workspace_name: str
    mark: str


def authenticate(email: str, password: str) -> list[Fitting]:
    """The members with this address and password, of all workspaces, oldest first.

    Takes as long where there is none. Members of closed workspaces are none.
    """
    found = _with_password(normal_email(email))
    # No connection is held while the hashes are computed.
    db.session.rollback()
    fitting = [each for each in found if is_password(password, each.password_hash)]
    if not found:
        for _ in range(_checks_for_nobody(normal_email(email))):
            is_password(password, None)
    return [Fitting(each.id, each.name, mark_of(each.password_hash)) for each in fitting]


def _checks_for_nobody(email: str) -> int:
    """How many hashes an address without members costs.

    One with members in several workspaces costs as many. That it takes twice as long must not
    tell that there is somebody, so the same happens to one in eight addresses of nobody, always.
    """
    key: bytes = current_app.extensions["anthyx_secret_key"]
    drawn = hashlib.blake2b(email.encode(errors="replace"), key=key[:64]).digest()[0]
    return 3 if drawn < 8 else 2 if drawn < 32 else 1


def find_by_email(email: str) -> list[Member]:
    """The members with this address who have a password, of all open workspaces."""
    ids = [each.id for each in _with_password(normal_email(email))]
    return list(db.session.scalars(select(Member).where(Member.id.in_(ids)).order_by(Member.id)))


def _with_password(email: str) -> list[_Row]:
    if "\0" in email:
        return []  # which PostgreSQL would not even look for
    query = (
        select(Member.id, Workspace.name, Member.password_hash)
        .join(Workspace, Workspace.id == Member.workspace_id)
        .where(
            Member.email == email,
            Member.password_hash.is_not(None),
            Workspace.removed_at.is_(None),
        )
        .order_by(Member.id)
    )
    rows = db.session.execute(query)
    return [_Row(row.id, row.name, row.password_hash or "") for row in rows]


class _Row(NamedTuple):
    id: str
    name: str
    password_hash: str


def hold_member(member_id: str, mark: str | None = None) -> Member | None:
    """A member who may come in, their row locked until the transaction ends.

    None where they are gone, or their workspace is, or where `mark` is given and their password
    is no longer the one that it is of.
    """
    query = (
        select(Member)
        .join(Workspace, Workspace.id == Member.workspace_id)
        .where(Member.id == member_id, Workspace.removed_at.is_(None))
        .with_for_update(of=Member)
        .execution_options(populate_existing=True)
    )
    member = db.session.scalar(query)
    if member is None or member.password_hash is None:
        return None
    return member if mark in {None, mark_of(member.password_hash)} else None


def mark_of(password_hash: str) -> str:
    """What tells one password of a member from the next, and nothing about either."""
    return hashlib.sha256(password_hash.encode()).hexdigest()[:32]


def is_own_password(member: Member, password: str) -> bool:
    """True where this is the member's password; no connection is held meanwhile."""
    digest = member.password_hash
    db.session.rollback()
    return is_password(password, digest)


def change_password(caller: Caller, member_id: str, password: str) -> None:
    """Give a member the password that they chose; their reset links hold no more.

    What comes first in its transaction: that begins anew once the password is hashed.

    Raises:
        PasswordRefusedError: the password is too short or too long.
    """
    db.session.rollback()
    digest = hashed(password)
    member = lock_member(caller, member_id)
    member.password_hash = digest
    links.forget(member)
    db.session.flush()
    tell(caller, "member.password_changed", member)


def offer_reset(caller: Caller, name: str, life: timedelta | None = None) -> NewLink:
    """Make a link with which a member sets a new password; the old one holds until then.

    Raises:
        WorkspaceNotFoundError: there is no such workspace.
        MemberError: there is no such member, or they have not accepted their invite yet.
    """
    member = lock_member(caller, name)
    if member.password_hash is None:
        raise MemberError(f"{member.email} has not accepted the invite: invite them again")
    link = links.make(member, "reset", life)
    tell(caller, "member.reset_offered", member)
    return link


def find_linked(token: str, purpose: str) -> tuple[Member, Workspace]:
    """Whom a link is for; it isn't used up by looking at it.

    Raises:
        LinkInvalidError: the link does not hold: unknown, used, replaced or expired.
    """
    link = links.find(token, purpose)
    try:
        workspace = get_workspace(link.workspace_id)
    except WorkspaceNotFoundError:
        raise LinkInvalidError("this link leads to a workspace that is closed") from None
    return db.session.get_one(Member, link.member_id), workspace


def accept_invite(token: str, password: str, address: str | None = None) -> Member:
    """Let who was invited in with a password of theirs; the link is used up.

    `address` is where they come from, for the audit log.

    Raises:
        LinkInvalidError: the link does not hold: unknown, used, replaced or expired.
        PasswordRefusedError: the password is too short or too long; the link holds on.
    """
    return _redeem(token, "invites", password, "member.joined", address)


def reset_password(token: str, password: str, address: str | None = None) -> Member:
    """Give a member a new password; the link, and others made for it, are used up.

    Raises:
        LinkInvalidError: the link does not hold: unknown, used, replaced or expired.
        PasswordRefusedError: the password is too short or too long; the link holds on.
    """
    return _redeem(token, "reset", password, "member.password_reset", address)


def _redeem(token: str, purpose: str, password: str, action: str, address: str | None) -> Member:
    # First, because it takes long: nothing is locked meanwhile.
    digest = hashed(password)
    workspace_id = links.find(token, purpose).workspace_id
    try:
        lock_workspace(workspace_id)
    except WorkspaceNotFoundError:
        raise LinkInvalidError("this link leads to a workspace that is closed") from None
    # Once more, now that nobody else can use it.
    link = links.find(token, purpose)
    member = db.session.get_one(Member, link.member_id, populate_existing=True)
    member.password_hash = digest
    links.forget(member)
    db.session.flush()
    rights_changed.send(member.id)
    actor = Actor("user", member.id, member.email)
    caller = system_caller(workspace_id, "live")._replace(actor=actor, address=address)
    tell(caller, action, member)
    return member
