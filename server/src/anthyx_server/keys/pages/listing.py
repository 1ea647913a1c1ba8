"""The list of keys, and one of them."""

from __future__ import annotations

from typing import Any

from flask import request

from anthyx_server import clock
from anthyx_server.dashboard import Answer, Visitor, page, render
from anthyx_server.keys import lookup
from anthyx_server.keys.advice import marks
from anthyx_server.keys.models import ApiKey
from anthyx_server.keys.pages.site import OF_KEY, PATH, blueprint
from anthyx_server.keys.scopes import SCOPE_GROUPS
from anthyx_server.keys.service import cap_reached
from anthyx_server.pagination import Order, fetch_page
from anthyx_server.plans import PLANS

# A page stays small with so many.
_ON_A_PAGE = 25


@page(blueprint, PATH, permission="manage_settings")
def show_keys(visitor: Visitor) -> Answer:
    """The workspace's keys, how many the plan allows, and what to do about some."""
    plan = PLANS[visitor.workspace.plan]
    used = lookup.count_in_force(visitor.caller.workspace_id)
    found = fetch_page(
        lookup.shown_together(visitor.caller),
        Order((ApiKey.id,), is_descending=True),
        {"limit": _ON_A_PAGE, "cursor": request.args.get("cursor")},
        visitor.caller,
        lambda row: _shown(row[0]),
    )
    return render(
        "keys/list.html",
        keys=found["data"],
        next_cursor=found["next_cursor"],
        plan=plan,
        used=used,
        cap=cap_reached(plan, used),
    )


@page(blueprint, OF_KEY, permission="manage_settings")
def show_key(visitor: Visitor, key_id: str) -> Answer:
    """One key, and what can be done with it; deleted ones stay readable."""
    _, key = lookup.find_in_either_mode(visitor.caller, key_id)
    is_from_sent_form = request.args.get("sent") == "before"
    return render(
        "keys/key.html",
        **_shown(key),
        groups=SCOPE_GROUPS,
        state=key.status(clock.now()),
        is_from_sent_form=is_from_sent_form,
    )


def _shown(key: ApiKey) -> dict[str, Any]:
    moment = clock.now()
    return {
        "key": key,
        "marks": marks(key, moment),
        "is_in_force": key.is_in_force(moment),
        "is_replaced": key.superseded_by is not None,
    }
