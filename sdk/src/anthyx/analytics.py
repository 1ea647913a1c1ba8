"""Analytics: what was published, and what the networks report of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ._analytics_models import (
    AnalyticsSummary,
    AnalyticsTimeseries,
    BestTimes,
    MetricGranularity,
    MetricGroup,
    PostAnalytics,
    PublishedPost,
)
from ._engine import Engine
from ._pages import PageRequest, Pages
from ._wire import Identified, QueryValue, new_request, path_to

Day: TypeAlias = dt.date | str
"""A date, or its text as "2026-11-01"."""


@dataclass(frozen=True, slots=True)
class Analytics:
    """`client.analytics`. Each method can raise any APIError.

    `from_` and `to` are days in `timezone` (the workspace's if left out), both included: the last
    30 days if left out, 366 at most. Brands and channels are given by id or as a record.
    """

    _engine: Engine

    def summary(
        self,
        *,
        from_: Day | None = None,
        to: Day | None = None,
        timezone: str | None = None,
        brand_id: str | Identified | None = None,
        channel_id: str | Identified | None = None,
        platform: str | None = None,
    ) -> AnalyticsSummary:
        """Every metric over a range of days, compared with as many days before it."""
        query = _query(from_, to, timezone, brand_id, channel_id, platform)
        request = new_request("GET", "/analytics/summary", query=query)
        return self._engine.fetch(AnalyticsSummary, request)

    def timeseries(
        self,
        *,
        metrics: Sequence[str] | None = None,
        granularity: MetricGranularity | None = None,
        group_by: MetricGroup | None = None,
        from_: Day | None = None,
        to: Day | None = None,
        timezone: str | None = None,
        brand_id: str | Identified | None = None,
        channel_id: str | Identified | None = None,
        platform: str | None = None,
    ) -> AnalyticsTimeseries:
        """Metrics per day, week or month, each of the range included.

        Args:
            metrics: their names; `["posts_published"]` if left out.
            granularity: "day", "week" (from Monday on) or "month".
            group_by: a series for each "platform", "channel" or "brand".
            from_: the first day.
            to: the last day.
            timezone: whose days they are, as "Europe/Berlin".
            brand_id: of this brand only.
            channel_id: of this channel only.
            platform: of this platform only.
        """
        query = {
            **_query(from_, to, timezone, brand_id, channel_id, platform),
            "metrics": metrics,
            "granularity": granularity,
            "group_by": group_by,
        }
        request = new_request("GET", "/analytics/timeseries", query=query)
        return self._engine.fetch(AnalyticsTimeseries, request)

    def posts(
        self,
        *,
        from_: Day | None = None,
        to: Day | None = None,
        timezone: str | None = None,
        brand_id: str | Identified | None = None,
        channel_id: str | Identified | None = None,
        platform: str | None = None,
        limit: int | None = None,
        page_size: int | None = None,
        cursor: str | None = None,
    ) -> Pages[PublishedPost]:
        """The posts that were published in a range of days with their metrics, newest first.

        Args:
            from_: the first day.
            to: the last day.
            timezone: whose days they are, as "Europe/Berlin".
            brand_id: of this brand only.
            channel_id: of this channel only.
            platform: of this platform only.
            limit: at most so many posts; None for all.
            page_size: how many to fetch per request, 1 to 100.
            cursor: `next_cursor` of an earlier page, to go on from there.
        """
        query = _query(from_, to, timezone, brand_id, channel_id, platform)
        asked = PageRequest("/analytics/posts", query, limit, page_size, cursor)
        return Pages(self._engine, PublishedPost, asked)

    def best_times(
        self,
        *,
        timezone: str | None = None,
        brand_id: str | Identified | None = None,
        channel_id: str | Identified | None = None,
        platform: str | None = None,
    ) -> BestTimes:
        """The hours of the week at which posts do best on the channels that match."""
        query = _query(None, None, timezone, brand_id, channel_id, platform)
        request = new_request("GET", "/analytics/best-times", query=query)
        return self._engine.fetch(BestTimes, request)

    def post(self, post: str | Identified) -> PostAnalytics:
        """The metrics of one post, whole and for each of its channels."""
        path = path_to("posts", post, "analytics")
        return self._engine.fetch(PostAnalytics, new_request("GET", path))


def _query(
    from_: Day | None,
    to: Day | None,
    timezone: str | None,
    brand_id: str | Identified | None,
    channel_id: str | Identified | None,
    platform: str | None,
) -> dict[str, QueryValue]:
    return {
        "from": _day_text(from_),
        "to": _day_text(to),
        "timezone": timezone,
        "brand_id": _id(brand_id),
        "channel_id": _id(channel_id),
        "platform": platform,
    }


def _day_text(day: Day | None) -> str | None:
    if isinstance(day, dt.datetime):
        raise TypeError("a day is a date, not a datetime: say which with .date()")
    return day.isoformat() if isinstance(day, dt.date) else day


def _id(record: str | Identified | None) -> str | None:
    return record if record is None or isinstance(record, str) else record.id
