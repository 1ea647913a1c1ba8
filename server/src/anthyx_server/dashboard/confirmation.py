"""The password again, before what must not be done by whoever finds a browser open."""

from __future__ import annotations

from flask import redirect, request
from werkzeug.wrappers import Response

from anthyx_server import workspaces
from anthyx_server.dashboard import second_factor, sessions, throttle
from anthyx_server.dashboard.forms import Problems
from anthyx_server.dashboard.guard import Answer, page, safe_next
from anthyx_server.dashboard.rendering import new_blueprint, render
from anthyx_server.dashboard.sessions import Visitor

blueprint = new_blueprint("confirmation", __name__)

_SLOW_DOWN = "Too many attempts. Wait a quarter of an hour."


@page(blueprint, "/confirm")
def show_confirmation(visitor: Visitor) -> Answer:
    """Ask for the password."""
    return _form(visitor, request.args.get("next", "/"))


@page(blueprint, "/confirm", method="POST")
def confirm(visitor: Visitor) -> Answer:
    """Take the password, and the code where there is a second factor; good for 15 minutes."""
    target = safe_next(request.form.get("next", "/"))
    member_id = visitor.member.id
    if not throttle.may_try(throttle.CONFIRM, member_id):
        return _form(visitor, target, 429, Problems(), _SLOW_DOWN)
    if not workspaces.is_own_password(visitor.member, request.form.get("password", "")):
        return _form(visitor, target, 422, Problems({"password": "This is not your password."}))
    sessions.hold(member_id)
    verdict = second_factor.verify(member_id, request.form.get("code", ""))
    if verdict == "locked":
        return _form(visitor, target, 429, Problems(), _SLOW_DOWN)
    if verdict == "wrong":
        problems = Problems({"code": "This code is wrong, or was used already."})
        return _form(visitor, target, 422, problems)
    throttle.forgive(throttle.CONFIRM, member_id)
    sessions.confirm(visitor.session)
    return redirect(target, 303)


def _form(
    visitor: Visitor,
    target: str,
    status: int = 200,
    problems: Problems | None = None,
    alert: str | None = None,
) -> Response:
    return render(
        "dashboard/confirm.html",
        status,
        next=safe_next(target),
        has_code=second_factor.find(visitor.caller.actor.id or "") is not None,
        problems=problems or Problems(),
        alert_text=alert,
    )
