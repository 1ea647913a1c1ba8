"""Disable and enable, with what becomes of events that were missed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from anthyx_server import clock
from anthyx_server.dashboard import Answer, Visitor, forms, page, render
from anthyx_server.errors import ApiError, InvalidState, ValidationFailed
from anthyx_server.webhooks import finding
from anthyx_server.webhooks.deliveries import recoveries
from anthyx_server.webhooks.disabling import REQUESTED, disable
from anthyx_server.webhooks.endpoint_views import show
from anthyx_server.webhooks.pages import site, words
from anthyx_server.webhooks.pages.site import ONE, blueprint, see


@page(blueprint, f"{ONE}/disable", method="POST", permission="manage_settings")
def disable_endpoint(visitor: Visitor, endpoint_id: str) -> Answer:
    """Send nothing more; one that is disabled already stays so."""
    disable(visitor.caller, finding.lock(visitor.caller, endpoint_id), REQUESTED)
    return see(f"/{endpoint_id}")


@page(blueprint, f"{ONE}/enable", permission="manage_settings")
def show_enabling(visitor: Visitor, endpoint_id: str) -> Answer:
    """Ask how much is to be sent of what was missed."""
    return _show_enabling(visitor, endpoint_id)


@page(blueprint, f"{ONE}/enable", method="POST", permission="manage_settings")
def enable_endpoint(visitor: Visitor, endpoint_id: str) -> Answer:
    """Enable it, and go on to how far the backlog has come."""
    finding.find(visitor.caller, endpoint_id)
    try:
        recovery = recoveries.enable(visitor.caller, endpoint_id, _backlog(visitor))
    except (InvalidState, ValidationFailed) as error:
        return _show_enabling(visitor, endpoint_id, error)
    return see(f"/{endpoint_id}?recovery={recovery.id}")


def _backlog(visitor: Visitor) -> Any:
    chosen = forms.text("backlog")
    if chosen == "since":
        return site.read_local(visitor, "backlog", forms.text("at"))
    return "all" if chosen == "all" else "none"


def _show_enabling(visitor: Visitor, endpoint_id: str, error: ApiError | None = None) -> Answer:
    shown = show(visitor.caller, finding.find(visitor.caller, endpoint_id))
    disabled_at = shown["disabled_at"]
    since = clock.now() if disabled_at is None else datetime.fromisoformat(disabled_at)
    # To the minute, as the field has it: nothing of the last one is left out.
    at = site.as_local(visitor, max(since, clock.now() - timedelta(days=29)))
    return render(
        "webhooks/enable.html",
        200 if error is None else 422,
        endpoint=shown,
        chosen=forms.text("backlog") or "all",
        at=forms.text("at") or at,
        problems=forms.Problems() if error is None else forms.Problems.of(error),
        words=words,
    )
