"""Deleting a key: a page that asks, which is a dialog where there is script."""

from __future__ import annotations

from anthyx_server import clock
from anthyx_server.dashboard import Answer, Visitor, page, render
from anthyx_server.keys import lookup, service
from anthyx_server.keys.pages.site import OF_KEY, PATH, blueprint, path_of, see_other


@page(blueprint, f"{OF_KEY}/delete", permission="manage_settings")
def show_deletion(visitor: Visitor, key_id: str) -> Answer:
    """Say what deleting it does, and offer a replacement first."""
    _, key = lookup.find_in_either_mode(visitor.caller, key_id)
    if not key.is_in_force(clock.now()):
        return see_other(path_of(key))
    return render("keys/delete.html", key=key)


@page(blueprint, f"{OF_KEY}/delete", method="POST", permission="manage_settings", is_confirmed=True)
def delete_key(visitor: Visitor, key_id: str) -> Answer:
    """Revoke it; once this answers, no request with it succeeds."""
    caller, key = lookup.find_in_either_mode(visitor.caller, key_id)
    caller, key = lookup.lock_one(caller, key.id)
    service.revoke(caller, [key])
    return see_other(PATH)
