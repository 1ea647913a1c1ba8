"""One endpoint: how it does, over time and attempt by attempt."""

from __future__ import annotations

from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from flask import request

from anthyx_server import events
from anthyx_server.dashboard import Answer, Visitor, forms, page, render
from anthyx_server.errors import NotFound
from anthyx_server.webhooks import finding
from anthyx_server.webhooks.deliveries import log, recoveries, stats
from anthyx_server.webhooks.deliveries.views import present_recovery
from anthyx_server.webhooks.endpoint_views import show
from anthyx_server.webhooks.models import WebhookRecovery
from anthyx_server.webhooks.pages import chart, form, site, words
from anthyx_server.webhooks.pages.site import ONE, blueprint

_log_query = log.LogQuerySchema()


class Period(NamedTuple):
    """A time that charts show."""

    granularity: str
    title: str


PERIODS = {"day": Period("hour", "24 hours"), "month": Period("day", "30 days")}


@page(blueprint, ONE, permission="manage_settings")
def show_endpoint(visitor: Visitor, endpoint_id: str) -> Answer:
    """All there is to know of an endpoint, and what can be done with it."""
    caller = visitor.caller
    shown = show(caller, finding.find(caller, endpoint_id))
    period = "month" if request.args.get("period") == "month" else "day"
    arguments = forms.checked(_log_query, _filters(visitor))
    return render(
        "webhooks/endpoint.html",
        endpoint=shown,
        brands=[name for _, name in form.names_of(visitor, shown["brand_ids"] or [])],
        recovery=_recovery(visitor, endpoint_id),
        log=log.read_page(caller, endpoint_id, arguments),
        filters=_asked("status", "event_type", "before"),
        is_later_page=arguments["cursor"] is not None,
        period=period,
        periods=PERIODS,
        types=events.TYPES,
        words=words,
        **_charts(visitor, endpoint_id, PERIODS[period]),
    )


def _asked(*names: str) -> dict[str, str]:
    """What the address asks for; a filter that is left open comes empty."""
    return {name: value for name in names if (value := request.args.get(name))}


def _filters(visitor: Visitor) -> dict[str, Any]:
    given: dict[str, Any] = _asked("status", "event_type", "cursor")
    before = request.args.get("before")
    if before:
        moment = site.read_local(visitor, "before", before)
        given["created_before"] = moment.isoformat()
    return given


def _charts(visitor: Visitor, endpoint_id: str, period: Period) -> dict[str, Any]:
    zone = ZoneInfo(visitor.workspace.timezone if period.granularity == "hour" else "UTC")
    arguments = {"granularity": period.granularity, "from_": None, "to": None}
    found = stats.read(visitor.caller, endpoint_id, arguments)
    return {
        "outcomes": chart.outcomes(found, zone),
        "durations": chart.durations(found, zone),
        "buckets": chart.rows(found, zone),
        "zone": zone.key,
    }


def _recovery(visitor: Visitor, endpoint_id: str) -> dict[str, Any] | None:
    """The recovery that the address names, or the one that is under way."""
    named = request.args.get("recovery", "")
    found: WebhookRecovery | None = None
    if named:
        try:
            found = recoveries.find(visitor.caller, named)
        except NotFound:
            found = None
    if found is None or found.endpoint_id != endpoint_id:
        found = recoveries.under_way(visitor.caller, endpoint_id)
    return None if found is None else present_recovery(found)
