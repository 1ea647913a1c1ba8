"""What a link leads to that holds once: an invite, or a new password; and asking for one."""

from __future__ import annotations

from collections.abc import Callable

from flask import g, redirect, request
from werkzeug.wrappers import Response

from anthyx_server import db, notices, workspaces
from anthyx_server.dashboard import cookies, second_factor, throttle
from anthyx_server.dashboard.entering import enter
from anthyx_server.dashboard.guard import require_own_form
from anthyx_server.dashboard.models import WantedReset
from anthyx_server.dashboard.rendering import new_blueprint, render
from anthyx_server.dashboard.sign_in import with_token
from anthyx_server.ids import new_id
from anthyx_server.workspaces import LinkInvalidError, Member, PasswordRefusedError

blueprint = new_blueprint("links", __name__)

_LONGEST_EMAIL = 254
_SENT = (
    "If somebody with this address is in a workspace, a link is on its way to them. "
    "It comes within a minute and holds for 24 hours."
)
_Redeem = Callable[[str, str, str | None], Member]


@blueprint.get("/invites/<string:token>", provide_automatic_options=False)
def show_invite(token: str) -> Response:
    """Ask who was invited for a password."""
    return _show(token, "invites")


@blueprint.post("/invites/<string:token>", provide_automatic_options=False)
def accept_invite(token: str) -> Response:
    """Let them in."""
    return _redeem(token, "invites", workspaces.accept_invite)


@blueprint.get("/reset/<string:token>", provide_automatic_options=False)
def show_reset(token: str) -> Response:
    """Ask for a new password."""
    return _show(token, "reset")


@blueprint.post("/reset/<string:token>", provide_automatic_options=False)
def reset_password(token: str) -> Response:
    """Take a new password; it ends all sessions that there were."""
    return _redeem(token, "reset", workspaces.reset_password)


def _show(token: str, purpose: str) -> Response:
    return with_token(lambda fresh: _form(fresh, token, purpose))


def _redeem(token: str, purpose: str, redeem: _Redeem) -> Response:
    session_token = cookies.session_token() or ""
    require_own_form(session_token)
    try:
        # Before the password is hashed: not everybody may have that done.
        workspaces.find_linked(token, purpose)
        db.rollback()
        with db.transaction():
            member = redeem(token, request.form.get("password", ""), g.origin.address)
            if second_factor.find(member.id) is None:
                return _private(enter(member, "/"))
    except LinkInvalidError:
        return _gone(session_token)
    except PasswordRefusedError as error:
        problem = f"{str(error).capitalize()}."
        return _form(session_token, token, purpose, 422, problem)
    # Who can read the mail has not shown the second factor yet.
    text = "Your new password is set. Sign in with it."
    return _private(render("dashboard/told.html", title="Done", text=text, link="/sign-in"))


def _form(
    session_token: str, token: str, purpose: str, status: int = 200, problem: str | None = None
) -> Response:
    try:
        member, workspace = workspaces.find_linked(token, purpose)
    except LinkInvalidError:
        return _gone(session_token)
    return _private(
        render(
            "dashboard/new_password.html",
            status,
            session_token=session_token,
            is_invite=purpose == "invites",
            member=member,
            workspace=workspace,
            problem=problem,
            least=workspaces.MIN_CHARACTERS,
        )
    )


def _gone(session_token: str) -> Response:
    text = "It was used, replaced by a newer one, or its time is over. Ask for a new one."
    page = render(
        "dashboard/told.html",
        404,
        session_token=session_token,
        title="This link does not hold",
        text=text,
        link="/sign-in",
    )
    return _private(page)


def _private(response: Response) -> Response:
    """Keep the link out of what the browser sends along, also to ourselves and our proxies.

    Not `no-referrer`: browsers would then send forms without a usable Origin.
    """
    response.headers["Referrer-Policy"] = "strict-origin"
    return response


@blueprint.get("/forgot", provide_automatic_options=False)
def show_forgot() -> Response:
    """Ask whose password is forgotten, or say whom to ask; `?sent` is after the form."""
    return with_token(_forgot)


def _forgot(session_token: str) -> Response:
    if "sent" in request.args:
        return render(
            "dashboard/told.html",
            session_token=session_token,
            title="Look at your mail",
            text=_SENT,
            link="/sign-in",
        )
    return render(
        "dashboard/forgot.html", session_token=session_token, is_mailed=notices.is_mailed()
    )


@blueprint.post("/forgot", provide_automatic_options=False)
def forgot() -> Response:
    """Note that somebody wants a new password; the answer is the same whoever it is."""
    session_token = cookies.session_token() or ""
    require_own_form(session_token)
    email = workspaces.normal_email(request.form.get("email", "")).replace("\0", "")
    may_try = throttle.may_try(throttle.RESET, email)
    if may_try and notices.is_mailed() and len(email) <= _LONGEST_EMAIL:
        with db.transaction():
            db.db.session.add(
                WantedReset(id=new_id("reset"), email=email, address=g.origin.address)
            )
    return redirect("/forgot?sent=yes", 303)
