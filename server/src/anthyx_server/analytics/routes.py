"""`/v1/analytics` and `/v1/posts/{id}/analytics`."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from anthyx_server.analytics import best_times, metrics, published, schemas, service, tables
from anthyx_server.errors import NotFound
from anthyx_server.operations import Reply, operation
from anthyx_server.tenancy import Caller

blueprint = Blueprint("analytics", __name__)


@operation(
    blueprint,
    "GET",
    "/analytics/summary",
    scope="analytics:read",
    query=schemas.AnalyticsSummaryQuerySchema,
    returns=schemas.AnalyticsSummarySchema(),
    csv=tables.summary_table,
    errors=(NotFound,),
)
def get_analytics_summary(caller: Caller, query: dict[str, Any]) -> Reply:
    """Get every metric over a range of days, compared with as many days before it.

    Without from and to the range is the last 30 days, today included; it has at most 366.
    """
    return Reply(service.summary(service.read_asked(caller, query)))


@operation(
    blueprint,
    "GET",
    "/analytics/timeseries",
    scope="analytics:read",
    query=schemas.AnalyticsTimeseriesQuerySchema,
    returns=schemas.AnalyticsTimeseriesSchema(),
    csv=tables.timeseries_table,
    errors=(NotFound,),
)
def get_analytics_timeseries(caller: Caller, query: dict[str, Any]) -> Reply:
    """Get metrics per day, week (from Monday on) or month, every one of the range included.

    A point is named by the first day of its week or month, of which only the days in the range
    count. There can be 100 series, one for each metric of each group.
    """
    asked = service.read_asked(caller, query)
    names = metrics.in_order(query["metrics"])
    return Reply(service.timeseries(asked, names, query["granularity"], query["group_by"]))


@operation(
    blueprint,
    "GET",
    "/analytics/posts",
    scope="analytics:read",
    query=schemas.AnalyticsPostsQuerySchema,
    returns=schemas.PublishedPostPageSchema(),
    csv=tables.posts_table,
    errors=(NotFound,),
)
def get_analytics_posts(caller: Caller, query: dict[str, Any]) -> Reply:
    """Get the posts that were published in a range of days with their metrics, newest first.

    As CSV the cursor of the next page comes in X-Next-Cursor.
    """
    return Reply(published.list_page(service.read_asked(caller, query), query))


@operation(
    blueprint,
    "GET",
    "/analytics/best-times",
    scope="analytics:read",
    query=schemas.BestTimesQuerySchema,
    returns=schemas.BestTimesSchema(),
    errors=(NotFound,),
)
def get_analytics_best_times(caller: Caller, query: dict[str, Any]) -> Reply:
    """Get the hours of the week at which posts do best on the platforms of the channels that match.

    They are averages of the industry until the networks have reported on enough posts.
    """
    return Reply(best_times.best_times(caller, query))


@operation(
    blueprint,
    "GET",
    "/posts/<post_id>/analytics",
    scope="analytics:read",
    returns=schemas.PostAnalyticsSchema(),
)
def get_post_analytics(caller: Caller, post_id: str) -> Reply:
    """Get the metrics of a post, whole and for each of its channels."""
    return Reply(service.of_post(caller, post_id))
