"""What can be done with members: invite, change, remove.

Every change locks the workspace's row first: seats are counted exactly, and a role that changes
can't meet a removal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from blinker import Signal
from flask import current_app
from sqlalchemy import func, select

from anthyx_server import audit, clock
from anthyx_server.db import db
from anthyx_server.ids import new_id
from anthyx_server.plans import PLANS
from anthyx_server.tenancy import Caller
from anthyx_server.workspaces import links
from anthyx_server.workspaces.emails import is_email, normal_email
from anthyx_server.workspaces.errors import (
    MemberError,
    MemberNotFoundError,
    SeatsTakenError,
)
from anthyx_server.workspaces.links import NewLink
from anthyx_server.workspaces.models import Member, Workspace
from anthyx_server.workspaces.roles import GIVEN_ROLES, can_be_restricted, must_be_restricted
from anthyx_server.workspaces.service import lock_workspace

# Sent with the id of a member who lost or got rights, inside the transaction.
rights_changed = Signal()


@dataclass(frozen=True)
class Invited:
    """A member who has not accepted yet, and the link to do so."""

    member: Member
    link: NewLink


def list_members(workspace_id: str) -> list[Member]:
    """The people in a workspace, oldest first."""
    query = select(Member).where(Member.workspace_id == workspace_id).order_by(Member.id)
    return list(db.session.scalars(query))


def find_member(workspace_id: str, member_id: str) -> Member | None:
    """One member, invited ones included; None where the workspace has none with this id."""
    query = select(Member).where(Member.workspace_id == workspace_id, Member.id == member_id)
    return db.session.scalar(query)


def get_member(workspace_id: str, name: str) -> Member:
    """One member, by id or by email address.

    Raises:
        MemberNotFoundError: the workspace has none.
    """
    query = select(Member).where(
        Member.workspace_id == workspace_id,
        (Member.id == name) | (Member.email == normal_email(name)),
    )
    member = db.session.scalar(query.execution_options(populate_existing=True))
    if member is None:
        raise MemberNotFoundError(f"there is no member {name} in {workspace_id}")
    return member


def invite(
    caller: Caller, email: str, role: str, brand_ids: Sequence[str] | None = None
) -> Invited:
    """Invite somebody to the caller's workspace; they hold a seat from now on.

    Inviting once more who has not accepted yet replaces the link, the role and the brands.

    Raises:
        WorkspaceNotFoundError: there is no such workspace.
        SeatsTakenError: the plan has no seat left; exact also under concurrent invites.
        MemberError: the address, the role or the brands can't be, or they are a member already.
    """
    address = normal_email(email)
    if not is_email(address):
        raise MemberError("an invite needs an email address", field="email")
    workspace = lock_workspace(caller.workspace_id)
    brands = _checked(caller, role, brand_ids)
    try:
        member = get_member(workspace.id, address)
    except MemberNotFoundError:
        _require_seat(workspace)
        member = Member(
            id=new_id("usr"), workspace_id=workspace.id, email=address, created_at=clock.now()
        )
        db.session.add(member)
    if member.password_hash is not None:
        raise MemberError(f"{address} is a member already", field="email")
    member.role, member.brand_ids = role, brands
    db.session.flush()
    link = links.make(member, "invites")
    tell(caller, "member.invited", member)
    return Invited(member, link)


def count_seats(workspace_id: str) -> int:
    """How many seats are taken; an open invite holds one."""
    query = select(func.count()).select_from(Member).where(Member.workspace_id == workspace_id)
    return db.session.scalar(query) or 0


def _require_seat(workspace: Workspace) -> None:
    plan = PLANS[workspace.plan]
    taken = count_seats(workspace.id)
    if plan.seats is not None and taken >= plan.seats:
        raise SeatsTakenError(
            f"the {plan.name.capitalize()} plan has {plan.seats} seats and {taken} are taken "
            "(an invite holds one): remove somebody, or upgrade"
        )


def _checked(caller: Caller, role: str, brand_ids: Sequence[str] | None) -> list[str] | None:
    """The brands that a member with this role may be restricted to, without repetition."""
    if role not in GIVEN_ROLES:
        allowed = ", ".join(GIVEN_ROLES)
        raise MemberError(f"a member can be made {allowed}, not {role}", field="role")
    if brand_ids is None:
        if must_be_restricted(role):
            raise MemberError(
                f"a {role} sees the portal of their brands: name at least one", field="brands"
            )
        return None
    if not can_be_restricted(role):
        raise MemberError(
            f"an {role} invites others, so brands can't restrict them", field="brands"
        )
    wanted = list(dict.fromkeys(brand_ids))
    if not wanted:
        raise MemberError("name at least one brand, or restrict the member to none", field="brands")
    # Members belong to both modes, a brand to one.
    lookup = current_app.extensions["anthyx_brand_lookup"]
    modes = (caller._replace(mode=mode) for mode in ("live", "test"))
    known: set[str] = set().union(*(lookup(each, wanted) for each in modes))
    for brand_id in wanted:
        if brand_id not in known:
            raise MemberError(
                f"there is no brand {brand_id} in {caller.workspace_id}", field="brands"
            )
    return wanted


def set_role(
    caller: Caller, name: str, role: str, brand_ids: Sequence[str] | None = None
) -> Member:
    """Give a member another role and another restriction, from their next request on.

    Raises:
        WorkspaceNotFoundError: there is no such workspace.
        MemberError: there is no such member, it is the owner, or the role or brands can't be.
    """
    member = lock_member(caller, name)
    _refuse_owner(member, "keeps the role")
    brands = _checked(caller, role, brand_ids)
    before = {"role": member.role, "brand_ids": member.brand_ids}
    if before == {"role": role, "brand_ids": brands}:
        return member
    member.role, member.brand_ids = role, brands
    db.session.flush()
    rights_changed.send(member.id)
    tell(caller, "member.role_changed", member, previous=before)
    return member


def remove_member(caller: Caller, name: str) -> Member:
    """Remove a member, with their links; the API keys that they made go on working.

    Raises:
        WorkspaceNotFoundError: there is no such workspace.
        MemberError: there is no such member, or it is the owner.
    """
    member = lock_member(caller, name)
    _refuse_owner(member, "can't be removed")
    links.forget(member)
    db.session.delete(member)
    db.session.flush()
    tell(caller, "member.removed", member)
    return member


def lock_member(caller: Caller, name: str) -> Member:
    """One member, by id or address, their workspace locked until the transaction ends.

    Raises:
        WorkspaceNotFoundError: there is no such workspace.
        MemberNotFoundError: the workspace has no such member.
    """
    return get_member(lock_workspace(caller.workspace_id).id, name)


def _refuse_owner(member: Member, what: str) -> None:
    if member.role == "owner":
        raise MemberError(f"{member.email} is the owner, who {what}")


def tell(caller: Caller, action: str, member: Member, **detail: object) -> None:
    """Note in the audit log what was done with a member."""
    about = {"email": member.email, "role": member.role, "brand_ids": member.brand_ids}
    audit.record(caller, action, "member", member.id, **about, **detail)
