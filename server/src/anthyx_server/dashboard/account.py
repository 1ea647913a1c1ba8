"""A member's own page: where they are signed in, their password."""

from __future__ import annotations

from flask import redirect, request
from werkzeug.wrappers import Response

from anthyx_server import audit, workspaces
from anthyx_server.dashboard import second_factor, sessions
from anthyx_server.dashboard.browsers import name_of
from anthyx_server.dashboard.guard import Answer, page
from anthyx_server.dashboard.rendering import new_blueprint, render
from anthyx_server.dashboard.sessions import Visitor
from anthyx_server.dashboard.sign_in import left
from anthyx_server.workspaces import PasswordRefusedError

blueprint = new_blueprint("account", __name__)


@page(blueprint, "/account")
def show_account(visitor: Visitor) -> Answer:
    """Sessions, password, second factor."""
    factor = second_factor.find(visitor.member.id)
    return render(
        "dashboard/account.html",
        sessions=sessions.list_sessions(visitor.member),
        name_of=name_of,
        factor=factor,
        codes_left=0 if factor is None else len(factor.recovery_digests),
    )


@page(blueprint, "/account/sessions/end", method="POST")
def end_session(visitor: Visitor) -> Answer:
    """Sign out of one browser."""
    digest = request.form.get("session", "")
    sessions.end_session(visitor.member.id, digest)
    return left() if digest == visitor.session.digest else redirect("/account", 303)


@page(blueprint, "/account/sessions/end-all", method="POST")
def end_all_sessions(visitor: Visitor) -> Answer:
    """Sign out everywhere, here too."""
    sessions.end_sessions(visitor.member.id)
    audit.record(visitor.caller, "member.signed_out", "member", visitor.member.id)
    return left()


@page(blueprint, "/account/password", is_confirmed=True)
def show_password(_visitor: Visitor) -> Answer:
    """Ask for a new password."""
    return _password_form()


@page(blueprint, "/account/password", method="POST", is_confirmed=True)
def change_password(visitor: Visitor) -> Answer:
    """Take a new password; other sessions end."""
    digest, member_id = visitor.session.digest, visitor.member.id
    try:
        workspaces.change_password(visitor.caller, member_id, request.form.get("password", ""))
    except PasswordRefusedError as error:
        return _password_form(422, f"{str(error).capitalize()}.")
    sessions.end_sessions(member_id, but=digest)
    return redirect("/account", 303)


def _password_form(status: int = 200, problem: str | None = None) -> Response:
    return render(
        "dashboard/password.html", status, problem=problem, least=workspaces.MIN_CHARACTERS
    )
