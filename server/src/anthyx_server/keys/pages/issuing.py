"""Making keys: a new one, or a replacement. Each is shown once, by the answer to its form."""

from __future__ import annotations

from typing import Any

from flask import current_app, request

from anthyx_server import clock
from anthyx_server.dashboard import Answer, Visitor, forms, page, render
from anthyx_server.errors import ApiError
from anthyx_server.inputs import invalid_body
from anthyx_server.keys import lookup, schemas, service
from anthyx_server.keys.first_call import await_first_call
from anthyx_server.keys.models import ApiKey
from anthyx_server.keys.pages.site import (
    OF_KEY,
    PATH,
    blueprint,
    new_values,
    path_of,
    see_other,
    sent_body,
    sent_values,
)
from anthyx_server.keys.scopes import SCOPE_GROUPS
from anthyx_server.keys.service import Issued
from anthyx_server.plans import PLANS
from anthyx_server.tenancy import Caller

_create = schemas.CreateApiKeySchema()
_rotate = schemas.RotateApiKeySchema()
OVERLAPS = {
    "3600": "1 hour",
    "86400": "1 day",
    "604800": "7 days",
    "0": "None: it stops working at once",
}


@page(blueprint, f"{PATH}/new", permission="manage_settings", is_confirmed=True)
def show_new_key(visitor: Visitor) -> Answer:
    """Ask what the new key is to be."""
    return _new_form(visitor, new_values(visitor))


@page(blueprint, PATH, method="POST", permission="manage_settings", is_confirmed=True)
def create_key(visitor: Visitor) -> Answer:
    """Make a key and show it, this once; sent a second time, the form leads to the key's page."""
    earlier = forms.earlier_result(visitor)
    if earlier is not None:
        return see_other(f"{earlier}?sent=before")
    try:
        issued = service.issue(*_asked_for(visitor))
    except ApiError as error:
        return _new_form(visitor, sent_values(), error)
    return _show_once(visitor, issued)


def _asked_for(visitor: Visitor) -> tuple[Caller, dict[str, Any]]:
    """On whose behalf, in the mode that was chosen, and what; checked."""
    body = forms.checked(_create, sent_body(visitor) | {"mode": forms.text("mode")})
    return visitor.caller._replace(mode=body["mode"]), body


def _new_form(visitor: Visitor, values: dict[str, Any], error: ApiError | None = None) -> Answer:
    plan = PLANS[visitor.workspace.plan]
    return render(
        "keys/new.html",
        200 if error is None else 422,
        values=values,
        problems=forms.Problems() if error is None else forms.Problems.of(error),
        groups=SCOPE_GROUPS,
        own_address=forms.own_address(),
        cap=service.cap_reached(plan, lookup.count_in_force(visitor.caller.workspace_id)),
    )


@page(blueprint, f"{OF_KEY}/rotate", permission="manage_settings", is_confirmed=True)
def show_rotation(visitor: Visitor, key_id: str) -> Answer:
    """Ask how long the old key is to go on working."""
    _, key = lookup.find_in_either_mode(visitor.caller, key_id)
    return _rotation_form(key)


@page(
    blueprint,
    f"{OF_KEY}/rotate",
    method="POST",
    permission="manage_settings",
    is_confirmed=True,
)
def rotate_key(visitor: Visitor, key_id: str) -> Answer:
    """Make a key's replacement and show it, this once."""
    earlier = forms.earlier_result(visitor)
    if earlier is not None:
        return see_other(f"{earlier}?sent=before")
    caller, key = lookup.find_in_either_mode(visitor.caller, key_id)
    try:
        overlap = _overlap()
        _, key = lookup.lock_one(caller, key_id)
        issued = service.rotate(caller, key, overlap)
    except ApiError as error:
        return _rotation_form(key, error)
    return _show_once(visitor, issued, replaced=key)


def _overlap() -> int:
    chosen = forms.text("overlap_seconds")
    if chosen not in OVERLAPS:
        raise invalid_body({"overlap_seconds": ["Choose one of these."]})
    seconds: int = forms.checked(_rotate, {"overlap_seconds": int(chosen)})["overlap_seconds"]
    return seconds


def _rotation_form(key: ApiKey, error: ApiError | None = None) -> Answer:
    problems = forms.Problems() if error is None else forms.Problems.of(error)
    return render(
        "keys/rotate.html",
        200 if error is None else 422,
        key=key,
        is_in_force=key.is_in_force(clock.now()),
        overlaps=OVERLAPS,
        chosen=request.form.get("overlap_seconds", "86400"),
        problems=problems,
    )


def _show_once(visitor: Visitor, issued: Issued, replaced: ApiKey | None = None) -> Answer:
    """The answer that holds the token. It is stored nowhere, so there is no page to go on to."""
    forms.keep_result(visitor, path_of(issued.key))
    await_first_call(issued.key)
    return render(
        "keys/created.html",
        201,
        key=issued.key,
        token=issued.token,
        replaced=replaced,
        base_url=f"{current_app.extensions['anthyx_public_url']}/v1",
    )
