"""Signing in and out."""

from __future__ import annotations

import secrets

from flask import g, redirect, request
from werkzeug.wrappers import Response

from anthyx_server import db
from anthyx_server.addresses import source
from anthyx_server.dashboard import cookies, sessions, throttle
from anthyx_server.dashboard.guard import Answer, page, require_own_form, safe_next
from anthyx_server.dashboard.rendering import new_blueprint, render
from anthyx_server.dashboard.sessions import Visitor
from anthyx_server.workspaces import Member, authenticate

blueprint = new_blueprint("sign_in", __name__)

_WRONG = "Email or password is wrong."
_SLOW_DOWN = "Too many attempts. Wait a quarter of an hour, or set a new password."


@blueprint.get("/sign-in", provide_automatic_options=False)
def show_sign_in() -> Response:
    """Ask who it is."""
    # Before anybody is signed in, the form is bound to a cookie that means nothing else.
    token = cookies.session_token() or secrets.token_urlsafe(32)
    response = _form(token)
    if cookies.session_token() is None:
        cookies.set_session(response, token)
    return response


@blueprint.post("/sign-in", provide_automatic_options=False)
def sign_in() -> Response:
    """Open a session for whoever knows the password."""
    token = cookies.session_token() or ""
    require_own_form(token)
    email = request.form.get("email", "")
    origin = source(g.origin.address or g.origin.peer)
    if throttle.is_throttled(origin, email):
        return _form(token, 429, _SLOW_DOWN)
    member = authenticate(email, request.form.get("password", ""))
    if member is None:
        throttle.note_failure(origin, email)
        return _form(token, 401, _WRONG)
    return _enter(member)


def _enter(member: Member) -> Response:
    """Open a session under a new token: one that was planted before is worth nothing."""
    with db.transaction():
        token = sessions.open_session(member, "live", request.headers.get("User-Agent", ""))
    response = redirect(safe_next(request.form.get("next", "/")))
    cookies.set_session(response, token)
    return response


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


@page(blueprint, "/sign-out", method="POST")
def sign_out(visitor: Visitor) -> Answer:
    """End this session."""
    sessions.end_session(visitor.session)
    response = redirect("/sign-in")
    cookies.end_session(response)
    return response


@page(blueprint, "/mode", method="POST")
def choose_mode(visitor: Visitor) -> Answer:
    """Show live or test data from now on."""
    mode = request.form.get("mode")
    visitor.session.mode = "test" if mode == "test" else "live"
    return redirect("/")


@page(blueprint, "/")
def show_start(visitor: Visitor) -> Answer:
    """Where everybody begins."""
    return redirect("/review" if visitor.member.role == "reviewer" else "/posts")
