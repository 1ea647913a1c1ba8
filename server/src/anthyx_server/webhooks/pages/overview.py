"""The list of endpoints."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import request

from anthyx_server import clock
from anthyx_server.dashboard import Answer, Visitor, page, render
from anthyx_server.plans import PLANS
from anthyx_server.webhooks.deliveries import stats
from anthyx_server.webhooks.endpoints import lookup
from anthyx_server.webhooks.pages import words
from anthyx_server.webhooks.pages.site import PATH, blueprint

# As many as a plan allows.
_PER_PAGE = 100


@page(blueprint, PATH, permission="manage_settings")
def list_endpoints(visitor: Visitor) -> Answer:
    """All endpoints of the mode that is shown, newest first."""
    arguments = {"limit": _PER_PAGE, "cursor": request.args.get("cursor"), "status": None}
    found = lookup.list_page(visitor.caller, arguments)
    since = clock.now() - timedelta(days=1)
    ids = [each["id"] for each in found["data"]]
    totals = stats.totals(visitor.caller, ids, since) if ids else {}
    plan = PLANS[visitor.workspace.plan]
    used = lookup.count_all(visitor.workspace.id)
    return render(
        "webhooks/list.html",
        endpoints=[each | _rate(totals.get(each["id"])) for each in found["data"]],
        next_cursor=found["next_cursor"],
        used=used,
        most=plan.webhook_endpoints,
        plan=plan.name.capitalize(),
        words=words,
    )


def _rate(total: tuple[int, int] | None) -> dict[str, Any]:
    """How many of the last day's attempts succeeded; no `share` where none was made."""
    succeeded, failed = total or (0, 0)
    made = succeeded + failed
    return {
        "succeeded": succeeded,
        "made": made,
        # What is not all is not shown as all, and what is something not as nothing.
        "share": _percent(succeeded, made) if made else None,
    }


def _percent(part: int, whole: int) -> int:
    if part in {0, whole}:
        return 100 * part // whole
    return min(99, max(1, round(100 * part / whole)))
