"""Signing in, in up to three steps on one page, and out."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from flask import redirect, request
from werkzeug.wrappers import Response

from anthyx_server import db, workspaces
from anthyx_server.dashboard import cookies, second_factor, second_step, sessions, throttle
from anthyx_server.dashboard.entering import enter
from anthyx_server.dashboard.errors import FormRefused
from anthyx_server.dashboard.guard import Answer, leave, page, require_own_form, safe_next
from anthyx_server.dashboard.rendering import new_blueprint, render
from anthyx_server.dashboard.sessions import Visitor
from anthyx_server.workspaces import Fitting

blueprint = new_blueprint("sign_in", __name__)

_WRONG = "Email or password is wrong."
_SLOW_DOWN = "Too many attempts. Wait a quarter of an hour, or set a new password."
_START_AGAIN = "That took too long, or something changed. Sign in again."
_WRONG_CODE = "This code is wrong, or was used already. Wait for the next one."
_LOCKED = "Too many wrong codes. Wait a quarter of an hour."


@blueprint.get("/sign-in", provide_automatic_options=False)
def show_sign_in() -> Response:
    """Ask who it is."""
    return with_token(_form)


def with_token(form: Callable[[str], Response]) -> Response:
    """A form for whoever is not signed in, bound to a cookie that means nothing else."""
    token = cookies.session_token() or secrets.token_urlsafe(32)
    response = form(token)
    if cookies.session_token() is None:
        cookies.set_session(response, token)
    return response


@blueprint.post("/sign-in", provide_automatic_options=False)
def sign_in() -> Response:
    """Open a session for whoever knows the password, and has the second factor if there is one."""
    token = cookies.session_token() or ""
    try:
        require_own_form(token)
    except FormRefused:
        # A page of long ago, or of another tab: the form that comes with this answer is good.
        return with_token(lambda fresh: _form(fresh, 400, _START_AGAIN))
    if "step" in request.form:
        return _go_on(token)
    account = workspaces.normal_email(request.form.get("email", ""))
    if not throttle.may_try(throttle.SIGN_IN, account):
        return _form(token, 429, _SLOW_DOWN)
    fitting = workspaces.authenticate(account, request.form.get("password", ""))
    if not fitting:
        return _form(token, 401, _WRONG)
    throttle.forgive(throttle.SIGN_IN, account)
    if len(fitting) > 1:
        return _choice(token, fitting)
    return _admit(token, fitting[0], None)


def _go_on(token: str) -> Response:
    """The steps after the password."""
    fitting = second_step.read(request.form["step"])
    wanted = request.form.get("member")
    chosen = [each for each in fitting or () if wanted in {None, each.member_id}]
    if len(chosen) != 1:
        return _form(token, 400, _START_AGAIN)
    return _admit(token, chosen[0], request.form.get("code"))


def _admit(token: str, fitting: Fitting, code: str | None) -> Response:
    """Let them in, or ask for the code; what was wrong with it is counted either way."""
    with db.transaction():
        # Once more: the password may have been changed while this one was looked at.
        member = workspaces.hold_member(fitting.member_id, fitting.mark)
        if member is None:
            return _form(token, 401, _START_AGAIN)
        if second_factor.find(member.id) is None:
            return enter(member, _target())
        verdict = None if code is None else second_factor.verify(member.id, code)
        if verdict == "right":
            return enter(member, _target())
    return _code_form(token, fitting, verdict)


def _target() -> str:
    return safe_next(request.form.get("next", "/"))


def _form(token: str, status: int = 200, problem: str | None = None) -> Response:
    values = request.form if request.method == "POST" else request.args
    return render(
        "dashboard/sign_in.html",
        status,
        session_token=token,
        next=safe_next(values.get("next", "/")),
        email=values.get("email", ""),
        problem=problem,
    )


def _choice(token: str, fitting: list[Fitting]) -> Response:
    return render(
        "dashboard/choose_workspace.html",
        session_token=token,
        next=_target(),
        step=second_step.sign(fitting),
        fitting=fitting,
    )


def _code_form(token: str, fitting: Fitting, verdict: second_factor.Verdict | None) -> Response:
    problem = {None: None, "wrong": _WRONG_CODE, "locked": _LOCKED}[verdict]
    # The time that the first step left goes on.
    is_first = request.form.get("code") is None
    return render(
        "dashboard/code.html",
        {None: 200, "wrong": 401, "locked": 429}[verdict],
        session_token=token,
        next=_target(),
        step=second_step.sign([fitting]) if is_first else request.form["step"],
        member=fitting.member_id,
        problem=problem,
    )


@page(blueprint, "/sign-out", method="POST")
def sign_out(visitor: Visitor) -> Answer:
    """End this session."""
    sessions.end_session(visitor.member.id, visitor.session.digest)
    return left()


def left() -> Response:
    """The answer for who has signed out."""
    leave()
    response = redirect("/sign-in", 303)
    cookies.end_session(response)
    return response


@page(blueprint, "/mode", method="POST")
def choose_mode(visitor: Visitor) -> Answer:
    """Show live or test data from now on."""
    is_test = request.form.get("mode") == "test"
    sessions.choose_mode(visitor.session, "test" if is_test else "live")
    return redirect("/", 303)


@page(blueprint, "/")
def show_start(visitor: Visitor) -> Answer:
    """Where everybody begins."""
    return redirect("/review" if visitor.member.role == "reviewer" else "/posts")
