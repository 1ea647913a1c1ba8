"""Settings → Integrations → Usage: requests per key over time, against its limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from flask import request
from marshmallow import fields, validate

from anthyx_server import clock
from anthyx_server import fields as own
from anthyx_server.buckets import GRANULARITIES
from anthyx_server.csv_answers import csv_answer
from anthyx_server.dashboard import (
    Answer,
    Bucket,
    PageNotFound,
    Visitor,
    download,
    draw,
    new_blueprint,
    page,
    render,
)
from anthyx_server.inputs import load
from anthyx_server.limits import families, history
from anthyx_server.limits.families import Family
from anthyx_server.limits.periods import Period, Stretch, period
from anthyx_server.plans import PLANS, Plan

blueprint = new_blueprint("usage_pages", __name__)

_PER_PAGE = 20
_MOST_PAGES = 100_000
# A line so far above the bars would flatten them.
_FARTHEST_LINE = 4


class UsagePageSchema(own.StrictSchema):
    """What is looked at: hours or days, of all keys or of one family."""

    period = fields.String(validate=validate.OneOf(GRANULARITIES), load_default="hour")
    key = own.Id("key", load_default=None)
    page = own.QueryNumber(minimum=1, maximum=_MOST_PAGES, load_default=1)


_schema = UsagePageSchema()


class Seen(NamedTuple):
    """What the page and its file are made of; `chosen` is the family that is looked at alone."""

    query: dict[str, Any]
    plan: Plan
    period: Period
    families: list[Family]
    chosen: Family | None
    stretches: list[Stretch]


@page(blueprint, "/settings/integrations/usage", permission="manage_settings")
def show_usage(visitor: Visitor) -> Answer:
    """Requests over time as a chart and as numbers, and each key's windows, the busiest first."""
    seen = _look(visitor)
    number: int = seen.query["page"]
    shown = seen.families[(number - 1) * _PER_PAGE : number * _PER_PAGE]
    if seen.chosen is not None and seen.query["key"]:
        shown = [seen.chosen]
    line, line_text = _line(seen)
    return render(
        "limits/usage.html",
        seen=seen,
        shown=shown,
        pages=-(-len(seen.families) // _PER_PAGE),
        windows=families.read_windows(seen.plan, [each.id for each in shown]),
        chart=draw([_bucket(each) for each in seen.stretches], line),
        line_text=line_text,
        accepted=sum(each.accepted for each in seen.stretches),
        limited=sum(each.limited for each in seen.stretches),
        moment_of=clock.from_milliseconds,
    )


@page(blueprint, "/settings/integrations/usage.csv", permission="manage_settings")
def download_usage(visitor: Visitor) -> Answer:
    """The chart's numbers as a file."""
    seen = _look(visitor)
    name = "all keys" if seen.chosen is None else seen.chosen.name
    rows = [
        (clock.rfc3339(each.start), each.name, name, each.accepted, each.limited)
        for each in seen.stretches
    ]
    header = ("start", f"in {seen.period.zone}", "key", "accepted", "limited")
    return download(csv_answer(header, rows), f"usage-by-{seen.period.granularity}.csv")


def _look(visitor: Visitor) -> Seen:
    query = load(_schema, {name: value for name, value in request.args.items() if value})
    looked_at = period(query["period"], ZoneInfo(visitor.workspace.timezone))
    found = families.list_families(visitor.caller, looked_at.start, looked_at.end)
    chosen = _chosen(found, query["key"])
    key_ids = None if chosen is None else chosen.key_ids
    by_hour = history.count(visitor.caller, "hour", looked_at.start, looked_at.end, key_ids)
    plan = PLANS[visitor.workspace.plan]
    return Seen(query, plan, looked_at, found, chosen, looked_at.stretches(by_hour))


def _chosen(found: Sequence[Family], family_id: str | None) -> Family | None:
    """The family that is asked for, or the only one there is."""
    if family_id is None:
        return found[0] if len(found) == 1 else None
    chosen = next((each for each in found if each.id == family_id), None)
    if chosen is None:
        raise PageNotFound("There is no such key here, or nobody used it in this time.")
    return chosen


def _line(seen: Seen) -> tuple[int | None, str]:
    """Where the limit is drawn, and what it says; limits are a key's, so for all there is none."""
    plan, is_hourly = seen.plan, seen.period.granularity == "hour"
    if seen.chosen is None:
        return None, ""
    if plan.requests_per_day is not None:
        if not is_hourly:
            return plan.requests_per_day, f"Limit: {plan.requests_per_day:,} a day"
        pace = plan.requests_per_day // 24
        return pace, f"{pace:,} an hour: at this pace {plan.requests_per_day:,} last a day"
    hourly = plan.requests_per_minute * 60
    highest = max(each.accepted + each.limited for each in seen.stretches)
    if is_hourly and highest * _FARTHEST_LINE >= hourly:
        return hourly, f"Limit: {hourly:,} an hour, {plan.requests_per_minute:,} in each minute"
    return None, ""


def _bucket(stretch: Stretch) -> Bucket:
    text = f"{stretch.name}: {stretch.accepted:,} accepted, {stretch.limited:,} refused"
    return Bucket(stretch.label, text, stretch.accepted, stretch.limited)
