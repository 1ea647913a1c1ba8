"""Setting a second factor up, and turning it off."""

from __future__ import annotations

from flask import redirect, request
from markupsafe import Markup
from werkzeug.wrappers import Response

from anthyx_server import audit
from anthyx_server.dashboard import second_factor, sessions
from anthyx_server.dashboard.guard import Answer, page
from anthyx_server.dashboard.rendering import new_blueprint, render
from anthyx_server.dashboard.sessions import Visitor

blueprint = new_blueprint("second_factor", __name__)

_WRONG = "This code does not belong to this key. Look at the app again: it shows a new one by now."


@page(blueprint, "/account/second-factor", method="POST", is_confirmed=True)
def begin(visitor: Visitor) -> Answer:
    """Make a key to scan."""
    sessions.hold(visitor.member.id)
    second_factor.begin(visitor.member)
    return redirect("/account/second-factor", 303)


@page(blueprint, "/account/second-factor", is_confirmed=True)
def show_key(visitor: Visitor) -> Answer:
    """Show the key, and ask for a code of it."""
    return _key_form(visitor)


def _key_form(visitor: Visitor, status: int = 200, problem: str | None = None) -> Response | str:
    set_up = second_factor.show(visitor.member)
    if set_up is None:
        return redirect("/account", 303)
    # The picture is made of numbers alone.
    picture = Markup(set_up.picture)  # noqa: S704
    return render(
        "dashboard/second_factor.html", status, key=set_up.key, picture=picture, problem=problem
    )


@page(blueprint, "/account/second-factor/confirm", method="POST", is_confirmed=True)
def confirm(visitor: Visitor) -> Answer:
    """Put the key to use, and show the recovery codes once."""
    sessions.hold(visitor.member.id)
    codes = second_factor.confirm(visitor.member, request.form.get("code", ""))
    if codes is None:
        return _key_form(visitor, 422, _WRONG)
    _note(visitor, "member.second_factor_set_up")
    return render("dashboard/recovery_codes.html", codes=codes)


@page(blueprint, "/account/recovery-codes", method="POST", is_confirmed=True)
def renew_codes(visitor: Visitor) -> Answer:
    """New recovery codes, shown once."""
    sessions.hold(visitor.member.id)
    codes = second_factor.renew_codes(visitor.member)
    _note(visitor, "member.recovery_codes_renewed")
    return render("dashboard/recovery_codes.html", codes=codes)


@page(blueprint, "/account/second-factor/off", method="POST", is_confirmed=True)
def turn_off(visitor: Visitor) -> Answer:
    """Ask for the password alone from now on."""
    sessions.hold(visitor.member.id)
    if second_factor.turn_off(visitor.member.id):
        _note(visitor, "member.second_factor_turned_off")
    return redirect("/account", 303)


def _note(visitor: Visitor, action: str) -> None:
    audit.record(visitor.caller, action, "member", visitor.member.id)
