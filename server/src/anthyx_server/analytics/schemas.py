"""Shapes of analytics at the edge."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from marshmallow import ValidationError, fields, validate

from anthyx_server import fields as own
from anthyx_server.analytics.metrics import METRICS, POSTS_PUBLISHED
from anthyx_server.analytics.periods import GRANULARITIES
from anthyx_server.channels import PLATFORMS
from anthyx_server.pagination import PageQuerySchema

GROUPS = ("platform", "channel", "brand")
BASES = ("history", "industry_average")
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_FIRST_YEAR, _LAST_YEAR = 1970, 9000


class Day(fields.Date):
    """A date as RFC 3339 writes it (`2026-11-01`), in the time zone that is asked for."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> date:
        if not isinstance(value, str) or not _DATE.fullmatch(value):
            raise ValidationError("Not a date such as 2026-11-01.")
        try:
            day = date.fromisoformat(value)
        except ValueError:
            raise ValidationError("Not a date that exists.") from None
        if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
            raise ValidationError("Must be between the years 1970 and 9000.")
        return day


def _check_metrics(names: str) -> None:
    for name in names.split(","):
        if name not in METRICS:
            raise ValidationError(f'There is no metric "{name[:64]}". Metrics: {_ALL_NAMES}.')


_ALL_NAMES = ", ".join(METRICS)


class FiltersSchema(own.StrictSchema):
    """Which posts and channels are meant; every filter that is given must hold."""

    timezone = own.TimeZone(
        load_default=None,
        metadata={"description": "Whose days are meant; the workspace's if left out."},
    )
    brand_id = own.Id("brand", load_default=None)
    channel_id = own.Id("chan", load_default=None)
    platform = fields.String(validate=validate.OneOf(list(PLATFORMS)), load_default=None)


class _RangeSchema(FiltersSchema):
    from_ = Day(
        data_key="from",
        load_default=None,
        metadata={"description": "The first day; 29 days before `to` if left out."},
    )
    to = Day(
        load_default=None,
        metadata={"description": "The last day, included; today if left out."},
    )


class AnalyticsSummaryQuerySchema(_RangeSchema):
    """Which days to sum up, of what."""


class AnalyticsTimeseriesQuerySchema(_RangeSchema):
    """Which series to show, over which days, of what."""

    metrics = fields.String(
        validate=_check_metrics,
        load_default=POSTS_PUBLISHED,
        metadata={"description": f"Separated by commas: {_ALL_NAMES}."},
    )
    granularity = fields.String(validate=validate.OneOf(GRANULARITIES), load_default="day")
    group_by = fields.String(validate=validate.OneOf(GROUPS), load_default=None)


class AnalyticsPostsQuerySchema(_RangeSchema, PageQuerySchema):
    """In which days the posts were published, and where."""


class BestTimesQuerySchema(FiltersSchema):
    """For which channels times are sought."""


def _count() -> fields.Integer:
    return fields.Integer(required=True, allow_none=True)


class MetricsSchema(own.AnswerSchema):
    """Every metric; null is not reported, 0 is a measured zero."""

    impressions = _count()
    reach = _count()
    views = _count()
    clicks = _count()
    reactions = _count()
    comments = _count()
    shares = _count()
    saves = _count()
    engagements = _count()
    engagement_rate = fields.Float(required=True, allow_none=True)
    followers = _count()
    follower_change = _count()
    posts_published = _count()


class MetricChangeSchema(own.AnswerSchema):
    """A metric beside its value of the period before; the change is null where there is none."""

    value = fields.Float(required=True, allow_none=True)
    previous = fields.Float(required=True, allow_none=True)
    change_percent = fields.Float(required=True, allow_none=True)


def _change() -> fields.Nested:
    return fields.Nested(MetricChangeSchema, required=True)


class SummaryMetricsSchema(own.AnswerSchema):
    """Every metric beside its value of the period before."""

    impressions = _change()
    reach = _change()
    views = _change()
    clicks = _change()
    reactions = _change()
    comments = _change()
    shares = _change()
    saves = _change()
    engagements = _change()
    engagement_rate = _change()
    followers = _change()
    follower_change = _change()
    posts_published = _change()


class DaysSchema(own.AnswerSchema):
    """Days, the first and the last included."""

    from_ = fields.Date(data_key="from", required=True)
    to = fields.Date(required=True)


class DateRangeSchema(DaysSchema):
    """Days of a time zone, the first and the last included."""

    timezone = fields.String(required=True)


class CoverageSchema(own.AnswerSchema):
    """How many channels match the filters, and how many of them reported anything."""

    channels = fields.Integer(required=True)
    reporting = fields.Integer(required=True)


class AnalyticsSummarySchema(own.AnswerSchema):
    """Every metric over the days of a range, beside as many days before it."""

    range = fields.Nested(DateRangeSchema, required=True)
    previous = fields.Nested(DaysSchema, required=True)
    metrics = fields.Nested(SummaryMetricsSchema, required=True)
    coverage = fields.Nested(CoverageSchema, required=True)
    as_of = fields.DateTime(required=True)


class MetricPointSchema(own.AnswerSchema):
    """A bucket, by its first day."""

    date = fields.Date(required=True)
    value = fields.Float(required=True, allow_none=True)


class MetricSeriesSchema(own.AnswerSchema):
    """A metric of a group, in every bucket; `group` is null where nothing is grouped."""

    group = fields.String(required=True, allow_none=True)
    metric = fields.String(required=True)
    points = fields.List(fields.Nested(MetricPointSchema), required=True)


class AnalyticsTimeseriesSchema(own.AnswerSchema):
    """Metrics over time."""

    range = fields.Nested(DateRangeSchema, required=True)
    granularity = fields.String(required=True, validate=validate.OneOf(GRANULARITIES))
    series = fields.List(fields.Nested(MetricSeriesSchema), required=True)
    as_of = fields.DateTime(required=True)


class PublishedPostSchema(own.AnswerSchema):
    """A published post with its metrics."""

    post_id = fields.String(required=True)
    brand_id = fields.String(required=True)
    published_at = fields.DateTime(required=True)
    metrics = fields.Nested(MetricsSchema, required=True)


class PublishedPostPageSchema(own.AnswerSchema):
    """A page of published posts."""

    data = fields.List(fields.Nested(PublishedPostSchema), required=True)
    has_more = fields.Boolean(required=True)
    next_cursor = fields.String(required=True, allow_none=True)
    as_of = fields.DateTime(required=True)


class TargetMetricsSchema(own.AnswerSchema):
    """What a post did on one channel."""

    channel_id = fields.String(required=True)
    platform = fields.String(required=True)
    metrics = fields.Nested(MetricsSchema, required=True)


class PostAnalyticsSchema(own.AnswerSchema):
    """A post's metrics, whole and by channel; `published_at` is null until it is published."""

    post_id = fields.String(required=True)
    brand_id = fields.String(required=True)
    published_at = fields.DateTime(required=True, allow_none=True)
    metrics = fields.Nested(MetricsSchema, required=True)
    targets = fields.List(fields.Nested(TargetMetricsSchema), required=True)
    as_of = fields.DateTime(required=True)


class BestTimeSlotSchema(own.AnswerSchema):
    """An hour of the week (1 is Monday) in the time zone, and how well it does."""

    weekday = fields.Integer(required=True)
    hour = fields.Integer(required=True)
    score = fields.Float(required=True)


class BestTimesSchema(own.AnswerSchema):
    """When posts do best; from the workspace's own history once there is enough of it."""

    timezone = fields.String(required=True)
    basis = fields.String(required=True, validate=validate.OneOf(BASES))
    sample_size = fields.Integer(required=True)
    threshold = fields.Integer(required=True)
    slots = fields.List(fields.Nested(BestTimeSlotSchema), required=True)
    as_of = fields.DateTime(required=True)
