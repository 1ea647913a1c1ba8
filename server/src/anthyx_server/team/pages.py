"""Settings → Team: who is in the workspace, and what they may do."""

from __future__ import annotations

from typing import Any

from flask import redirect, request
from werkzeug.wrappers import Response

from anthyx_server import brands, keys, notices, workspaces
from anthyx_server.dashboard import (
    Answer,
    PageError,
    PageNotFound,
    Visitor,
    forms,
    new_blueprint,
    page,
    render,
)
from anthyx_server.plans import PLANS
from anthyx_server.workspaces import GIVEN_ROLES, Member, MemberError, NewLink, SeatsTakenError

blueprint = new_blueprint("team", __name__)

_MAY = {
    "owner": "Everything. There is one.",
    "admin": "Everything but billing and ownership.",
    "editor": "Creates, edits and approves. No settings, no invites.",
    "reviewer": "Approves and rejects, otherwise reads.",
    "client": "Sees and comments in the portal of their brands.",
}
# More are given by their ids: a page must not grow with the workspace.
_MOST_BRANDS = 100
_MOST_KEYS = 20


@page(blueprint, "/settings/team", permission="invite")
def show_team(visitor: Visitor) -> Answer:
    """Everybody, the oldest member first."""
    workspace_id = visitor.workspace.id
    return render(
        "team/team.html",
        members=workspaces.list_members(workspace_id),
        brand_names=dict(brands.list_names(visitor.caller, _MOST_BRANDS)),
        seats=_seats(visitor),
    )


def _seats(visitor: Visitor) -> dict[str, Any]:
    plan = PLANS[visitor.workspace.plan]
    taken = workspaces.count_seats(visitor.workspace.id)
    is_full = plan.seats is not None and taken >= plan.seats
    return {"taken": taken, "most": plan.seats, "plan": plan.name.capitalize(), "is_full": is_full}


@page(blueprint, "/settings/team/invite", permission="invite", is_confirmed=True)
def show_invite(visitor: Visitor) -> Answer:
    """Ask whom to invite."""
    return _invite_form(visitor)


@page(blueprint, "/settings/team/invite", method="POST", permission="invite", is_confirmed=True)
def invite(visitor: Visitor) -> Answer:
    """Invite somebody, and show the link once."""
    return _invite(visitor, forms.text("email"))


def _invite(visitor: Visitor, email: str) -> Response:
    try:
        invited = workspaces.invite(visitor.caller, email, forms.text("role"), _brand_ids())
    except MemberError as error:
        status = 409 if isinstance(error, SeatsTakenError) else 422
        return _invite_form(visitor, status, forms.Problems.of_member(error))
    notices.tell_invite(visitor.workspace, invited.member, invited.link, visitor.member.email)
    return _show_link(invited.member, invited.link)


def _show_link(member: Member, link: NewLink) -> Response:
    return render(
        "team/invited.html",
        member=member,
        url=notices.page_url(link.path),
        expires_at=link.expires_at,
        is_mailed=notices.is_mailed(),
    )


def _invite_form(
    visitor: Visitor, status: int = 200, problems: forms.Problems | None = None
) -> Response:
    return render(
        "team/invite.html",
        status,
        seats=_seats(visitor),
        email=forms.text("email"),
        **_choices(visitor, forms.text("role") or "editor", _brand_ids()),
        problems=problems or forms.Problems(),
    )


def _choices(visitor: Visitor, role: str, brand_ids: list[str] | None) -> dict[str, Any]:
    """What is there to choose from, and what is chosen."""
    known = brands.list_names(visitor.caller, _MOST_BRANDS + 1)
    return {
        "roles": [(each, _MAY[each]) for each in GIVEN_ROLES],
        "role": role,
        "brands": known if len(known) <= _MOST_BRANDS else None,
        "brand_ids": brand_ids,
    }


def _brand_ids() -> list[str] | None:
    """The brands that the form restricts to; None for all of them."""
    if request.form.get("access", "all") == "all":
        return None
    return [*forms.chosen("brand"), *forms.lines("brand_ids")]


@page(
    blueprint,
    "/settings/team/<member_id>",
    permission="invite",
    is_confirmed=True,
)
def show_member(visitor: Visitor, member_id: str) -> Answer:
    """One member, and what can be done with them."""
    member = _other(visitor, member_id)
    return _member_page(visitor, member, member.role, member.brand_ids)


@page(
    blueprint,
    "/settings/team/<member_id>",
    method="POST",
    permission="invite",
    is_confirmed=True,
)
def change_member(visitor: Visitor, member_id: str) -> Answer:
    """Give a member another role or other brands; their sessions end."""
    member = _other(visitor, member_id)
    role, brand_ids = forms.text("role"), _brand_ids()
    try:
        workspaces.set_role(visitor.caller, member.id, role, brand_ids)
    except MemberError as error:
        problems = forms.Problems.of_member(error)
        return _member_page(visitor, member, role, brand_ids, 422, problems)
    return redirect("/settings/team", 303)


@page(
    blueprint,
    "/settings/team/<member_id>/invite",
    method="POST",
    permission="invite",
    is_confirmed=True,
)
def invite_again(visitor: Visitor, member_id: str) -> Answer:
    """Make a new link for who has not accepted yet; the old one ends."""
    member = _other(visitor, member_id)
    invited = workspaces.invite(visitor.caller, member.email, member.role, member.brand_ids)
    notices.tell_invite(visitor.workspace, member, invited.link, visitor.member.email)
    return _show_link(member, invited.link)


@page(
    blueprint,
    "/settings/team/<member_id>/remove",
    method="POST",
    permission="invite",
    is_confirmed=True,
)
def remove_member(visitor: Visitor, member_id: str) -> Answer:
    """Remove a member, who loses access at once."""
    workspaces.remove_member(visitor.caller, _other(visitor, member_id).id)
    return redirect("/settings/team", 303)


def _other(visitor: Visitor, member_id: str) -> Member:
    """A member who may be changed: of this workspace, neither the owner nor oneself."""
    member = workspaces.find_member(visitor.workspace.id, member_id)
    if member is None:
        raise PageNotFound("There is no such member in this workspace.")
    if member.role == "owner":
        raise PageError("The owner can't be changed or removed.")
    if member.id == visitor.member.id:
        raise PageError("You can't change or remove yourself: ask another admin.")
    return member


def _member_page(
    visitor: Visitor,
    member: Member,
    role: str,
    brand_ids: list[str] | None,
    status: int = 200,
    problems: forms.Problems | None = None,
) -> Response:
    made = keys.list_made_by(visitor.workspace.id, member.id)
    return render(
        "team/member.html",
        status,
        member=member,
        keys=made[:_MOST_KEYS],
        more_keys=max(0, len(made) - _MOST_KEYS),
        **_choices(visitor, role, brand_ids),
        problems=problems or forms.Problems(),
    )


@blueprint.errorhandler(MemberError)
def show_member_error(error: MemberError) -> Response:
    """What can't be done with a member, and belongs to no field: somebody else was faster."""
    return render(
        "dashboard/error.html", 409, title="That did not work", text=f"It can't be: {error}."
    )
