"""What can be read: sums, series, published posts, and when posts do best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from anthyx_server import clock, workspaces
from anthyx_server.analytics import counts, metrics
from anthyx_server.analytics.filters import Filters, read_filters
from anthyx_server.analytics.metrics import POSTS_PUBLISHED
from anthyx_server.analytics.periods import DEFAULT_DAYS, MAX_DAYS, Period, local_date
from anthyx_server.channels import Channel
from anthyx_server.db import db
from anthyx_server.errors import NotFound
from anthyx_server.inputs import invalid_query
from anthyx_server.posts import Post, PostTarget
from anthyx_server.tenancy import Caller, owned

MAX_SERIES = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request is about: the days, the filters, and the moment at which it is answered."""

    period: Period
    filters: Filters
    as_of: datetime


def read_asked(caller: Caller, query: dict[str, Any]) -> Asked:
    """What a query asks for; today is today in its time zone.

    Raises:
        NotFound: it names a brand or a channel that the caller may not see.
        ValidationFailed: its days can't be.
    """
    moment = clock.now()
    timezone = time_zone(caller, query)
    today = local_date(moment, timezone)
    return Asked(
        _period(query["from_"], query["to"], today, timezone), read_filters(caller, query), moment
    )


def time_zone(caller: Caller, query: dict[str, Any]) -> str:
    """The time zone that a query asks for, or the workspace's."""
    named: str | None = query["timezone"]
    return named or workspaces.get_workspace(caller.workspace_id).timezone


def _period(first: date | None, last: date | None, today: date, timezone: str) -> Period:
    problems = {
        name: f"Must not be after today, {today} in {timezone}."
        for name, day in (("from", first), ("to", last))
        if day is not None and day > today
    }
    last = last or today
    first = first or last - timedelta(days=DEFAULT_DAYS - 1)
    period = Period(first, last, timezone)
    if not problems and first > last:
        problems["from"] = "Must not be after to."
    if not problems and period.days > MAX_DAYS:
        problems["from"] = f"At most {MAX_DAYS} days can be read at once, here are {period.days}."
    if problems:
        raise invalid_query(problems)
    return period


def summary(asked: Asked) -> dict[str, Any]:
    """Every metric over the period beside as many days before it."""
    period, filters = asked.period, asked.filters
    before, now = counts.count(filters, [period.previous.starts_at, *period.edges])
    channels = db.session.scalar(filters.channels(sa.func.count()))
    return {
        "range": _range(period),
        "previous": _days(period.previous),
        "metrics": metrics.compared(metrics.values(now), metrics.values(before)),
        "coverage": {"channels": channels, "reporting": 0},
        "as_of": clock.rfc3339(asked.as_of),
    }


def timeseries(
    asked: Asked, names: Sequence[str], granularity: str, group_by: str | None
) -> dict[str, Any]:
    """Series of metrics, one for each metric of each group, with every bucket.

    Raises:
        ValidationFailed: there would be over `MAX_SERIES` series.
    """
    buckets = asked.period.buckets(granularity)
    dates = [bucket.date.isoformat() for bucket in buckets]
    edges = [*(bucket.starts_at for bucket in buckets), asked.period.ends_at]
    groups = _groups(asked.filters, edges, group_by, MAX_SERIES // len(names))
    return {
        "range": _range(asked.period),
        "granularity": granularity,
        "series": [
            {"group": group, "metric": name, "points": _points(name, dates, posts)}
            for group, posts in groups
            for name in names
        ],
        "as_of": clock.rfc3339(asked.as_of),
    }


def _groups(
    filters: Filters, edges: list[datetime], group_by: str | None, most: int
) -> list[tuple[str | None, list[int]]]:
    """The groups in order, each with its posts per bucket."""
    if group_by is None:
        return [(None, counts.count(filters, edges))]
    column = _GROUPED_CHANNELS[group_by]
    named = db.session.scalars(filters.channels(column).distinct().limit(most + 1)).all()
    found = counts.count_groups(filters, edges, group_by, most)
    nothing = [0] * (len(edges) - 1)
    groups = {group: found.get(group, nothing) for group in {*named, *found}}
    if len(groups) > most:
        raise invalid_query(
            {"group_by": f"At most {MAX_SERIES} series can be read at once: use filters."}
        )
    return sorted(groups.items(), key=lambda each: str(each[0]))


_GROUPED_CHANNELS = {
    "brand": Channel.brand_id,
    "channel": Channel.id,
    "platform": Channel.platform,
}


def _points(name: str, dates: list[str], posts: list[int]) -> list[dict[str, Any]]:
    return [
        {"date": day, "value": count if name == POSTS_PUBLISHED else None}
        for day, count in zip(dates, posts, strict=True)
    ]


def _days(period: Period) -> dict[str, str]:
    return {"from": period.first.isoformat(), "to": period.last.isoformat()}


def _range(period: Period) -> dict[str, str]:
    return {**_days(period), "timezone": period.timezone}


def of_post(caller: Caller, post_id: str) -> dict[str, Any]:
    """The metrics of one post, whole and by channel.

    Raises:
        NotFound: there is none that the caller may see.
    """
    moment = clock.now()
    query = owned(Post, caller, Post.brand_id, Post.published_at).where(Post.id == post_id)
    if caller.brand_ids is not None:
        query = query.where(Post.brand_id.in_(caller.brand_ids))
    post = db.session.execute(query).one_or_none()
    if post is None:
        raise NotFound(f"There is no post {post_id[:64]} here.")
    shown = (PostTarget.channel_id, PostTarget.platform, PostTarget.published_at)
    targets = owned(PostTarget, caller, *shown).where(PostTarget.post_id == post_id)
    return {
        "post_id": post_id,
        "brand_id": post.brand_id,
        "published_at": clock.rfc3339_or_none(post.published_at),
        "metrics": metrics.values(_published(post)),
        "targets": [
            {
                "channel_id": target.channel_id,
                "platform": target.platform,
                "metrics": metrics.values(_published(target)),
            }
            for target in db.session.execute(targets.order_by(PostTarget.position))
        ],
        "as_of": clock.rfc3339(moment),
    }


def _published(row: Any) -> int:
    return int(row.published_at is not None)
