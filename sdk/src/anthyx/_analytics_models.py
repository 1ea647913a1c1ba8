"""What analytics look like, as the API shows them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ._models import Model, Resource

MetricGranularity: TypeAlias = Literal["day", "week", "month"]
MetricGroup: TypeAlias = Literal["platform", "channel", "brand"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics(Model):
    """Every metric: None is not reported, 0 is a measured zero."""

    impressions: int | None
    reach: int | None
    views: int | None
    clicks: int | None
    reactions: int | None
    comments: int | None
    shares: int | None
    saves: int | None
    engagements: int | None
    engagement_rate: float | None
    followers: int | None
    follower_change: int | None
    posts_published: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricChange(Model):
    """A metric beside its value of the period before; `change_percent` None: can't be told."""

    value: float | None
    previous: float | None
    change_percent: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryMetrics(Model):
    """Every metric beside its value of the period before."""

    impressions: MetricChange
    reach: MetricChange
    views: MetricChange
    clicks: MetricChange
    reactions: MetricChange
    comments: MetricChange
    shares: MetricChange
    saves: MetricChange
    engagements: MetricChange
    engagement_rate: MetricChange
    followers: MetricChange
    follower_change: MetricChange
    posts_published: MetricChange


@dataclass(frozen=True, slots=True, kw_only=True)
class Days(Model):
    """Days, the first and the last included."""

    from_: dt.date
    to: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class DateRange(Days):
    """Days of a time zone, the first and the last included."""

    timezone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage(Model):
    """How many channels match, and how many of them reported anything."""

    channels: int
    reporting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyticsSummary(Resource):
    """Every metric over a range, beside as many days before it."""

    range: DateRange
    previous: Days
    metrics: SummaryMetrics
    coverage: Coverage
    as_of: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricPoint(Model):
    """A day, week or month by its first day."""

    date: dt.date
    value: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSeries(Model):
    """A metric of a group, in every bucket; `group` None where nothing is grouped."""

    group: str | None
    metric: str
    points: tuple[MetricPoint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyticsTimeseries(Resource):
    """Metrics over time."""

    range: DateRange
    granularity: MetricGranularity | str
    series: tuple[MetricSeries, ...]
    as_of: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedPost(Resource):
    """A published post with its metrics."""

    post_id: str
    brand_id: str
    published_at: dt.datetime
    metrics: Metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetMetrics(Model):
    """What a post did on one channel."""

    channel_id: str
    platform: str
    metrics: Metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class PostAnalytics(Resource):
    """A post's metrics, whole and by channel; `published_at` None until it is published."""

    post_id: str
    brand_id: str
    published_at: dt.datetime | None
    metrics: Metrics
    targets: tuple[TargetMetrics, ...]
    as_of: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BestTimeSlot(Model):
    """An hour of the week (`weekday` 1 is Monday), and how well it does."""

    weekday: int
    hour: int
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BestTimes(Resource):
    """When posts do best, the best hour first; `threshold` posts make a history."""

    timezone: str
    basis: Literal["history", "industry_average"] | str  # noqa: PYI051 - an open enum
    sample_size: int
    threshold: int
    slots: tuple[BestTimeSlot, ...]
    as_of: dt.datetime
