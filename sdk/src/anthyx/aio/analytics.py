"""Analytics: what was published, and what the networks report of it.

Written by `nox -s aio` from analytics.py: change that.
"""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from anthyx._analytics_models import (
    AnalyticsSummary,
    AnalyticsTimeseries,
    BestTimes,
    MetricGranularity,
    MetricGroup,
    PostAnalytics,
    PublishedPost,
)
from anthyx._pages import PageRequest
from anthyx._wire import Identified, new_request, path_to
from anthyx.analytics import Day, _query

from ._engine import AsyncEngine
from ._pages import AsyncPages


@dataclass(frozen=True, slots=True)
class AsyncAnalytics:
    """`client.analytics`. Each method can raise any APIError.

    `from_` and `to` are days in `timezone` (the workspace's if left out), both included: the last
    30 days if left out, 366 at most. Brands and channels are given by id or as a record.
    """

    _engine: AsyncEngine

    async def summary(
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
        return await self._engine.fetch(AnalyticsSummary, request)

    async def timeseries(
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
        return await self._engine.fetch(AnalyticsTimeseries, request)

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
    ) -> AsyncPages[PublishedPost]:
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
        return AsyncPages(self._engine, PublishedPost, asked)

    async def best_times(
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
        return await self._engine.fetch(BestTimes, request)

    async def post(self, post: str | Identified) -> PostAnalytics:
        """The metrics of one post, whole and for each of its channels."""
        path = path_to("posts", post, "analytics")
        return await self._engine.fetch(PostAnalytics, new_request("GET", path))
