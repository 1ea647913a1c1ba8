"""Renaming a key, and changing where from, what for and until when it can be used."""

from __future__ import annotations

from typing import Any

from anthyx_server.conditional import require_match
from anthyx_server.dashboard import Answer, Visitor, forms, page, render
from anthyx_server.errors import ApiError, PreconditionFailed
from anthyx_server.keys import lookup, schemas, service
from anthyx_server.keys.models import ApiKey
from anthyx_server.keys.pages.site import (
    OF_KEY,
    blueprint,
    local_time,
    path_of,
    see_other,
    sent_body,
    sent_values,
    values_of,
)
from anthyx_server.keys.scopes import SCOPE_GROUPS
from anthyx_server.keys.views import present, tag_of

_CHANGED = "Somebody changed this key meanwhile. Save again to put this in place of what they did."
_changeable = schemas.ChangeableKeySchema()


@page(blueprint, f"{OF_KEY}/edit", permission="manage_settings", is_confirmed=True)
def show_edit(visitor: Visitor, key_id: str) -> Answer:
    """Ask what is to change."""
    _, key = lookup.find_in_either_mode(visitor.caller, key_id)
    return _form(key, values_of(key, visitor))


@page(blueprint, f"{OF_KEY}/edit", method="POST", permission="manage_settings", is_confirmed=True)
def edit_key(visitor: Visitor, key_id: str) -> Answer:
    """Change it, unless somebody else did meanwhile; what takes rights away holds at once."""
    caller, key = lookup.find_in_either_mode(visitor.caller, key_id)
    caller, key = lookup.lock_one(caller, key_id)
    try:
        values = forms.checked(_changeable, _body(visitor, key))
        require_match(forms.text("tag"), tag_of(key))
        service.change(caller, key, values)
    except ApiError as error:
        return _form(key, sent_values(), error)
    return see_other(path_of(key))


def _body(visitor: Visitor, key: ApiKey) -> dict[str, Any]:
    """What was sent; an end that was left as it was shown keeps its seconds."""
    body = sent_body(visitor)
    if forms.text("expires_at") == local_time(key.expires_at, visitor):
        body["expires_at"] = present(key)["expires_at"]
    return body


def _form(key: ApiKey, values: dict[str, Any], error: ApiError | None = None) -> Answer:
    problems = forms.Problems() if error is None else forms.Problems.of(error)
    if isinstance(error, PreconditionFailed):
        problems.text = _CHANGED
    return render(
        "keys/edit.html",
        200 if error is None else 422,
        key=key,
        tag=tag_of(key),
        values=values,
        problems=problems,
        groups=SCOPE_GROUPS,
        own_address=forms.own_address(),
    )
