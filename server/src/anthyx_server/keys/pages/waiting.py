"""The first call of a new key, shown as it comes; or why it was refused."""

from __future__ import annotations

from flask import request
from werkzeug.wrappers import Response

from anthyx_server.conditional import require_match
from anthyx_server.dashboard import Answer, Visitor, forms, page, render
from anthyx_server.keys import lookup, schemas, service
from anthyx_server.keys.first_call import await_first_call, look
from anthyx_server.keys.pages.site import OF_KEY, blueprint, path_of, see_other
from anthyx_server.keys.views import present, tag_of

_changeable = schemas.ChangeableKeySchema()


@page(blueprint, f"{OF_KEY}/first-call", permission="manage_settings")
def show_first_call(visitor: Visitor, key_id: str) -> Answer:
    """A part of the page of a new key, which asks for it again until something came."""
    _, key = lookup.find_in_either_mode(visitor.caller, key_id)
    call = look(key)
    now = f"{call.state} {call.address or ''}".strip()
    if request.args.get("seen") == now:
        # Nothing to swap in, so that nothing is read out again either.
        return Response(status=204, headers={"Cache-Control": "no-store"})
    return render("keys/first_call.html", key=key, tag=tag_of(key), call=call, seen=now)


@page(
    blueprint,
    f"{OF_KEY}/allowlist",
    method="POST",
    permission="manage_settings",
    is_confirmed=True,
)
def allow_address(visitor: Visitor, key_id: str) -> Answer:
    """Put the address that was refused on the allowlist, and wait for the next call."""
    caller, key = lookup.find_in_either_mode(visitor.caller, key_id)
    caller, key = lookup.lock_one(caller, key_id)
    require_match(forms.text("tag"), tag_of(key))
    shown = present(key)
    body = {name: shown[name] for name in _changeable.fields}
    body["ip_allowlist"] = [*(key.ip_allowlist or ()), forms.text("address")]
    service.change(caller, key, forms.checked(_changeable, body))
    await_first_call(key)
    return see_other(path_of(key))
