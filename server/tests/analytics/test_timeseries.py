"""`GET /v1/analytics/timeseries`: every bucket, groups, and series that nobody reported."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from anthyx_server.analytics.metrics import METRICS
from anthyx_server.analytics.service import MAX_SERIES
from server.tests.analytics.conftest import NOW, Studio, at, every
from tests.support.problems import problem
from tests.support.published import add_brand, add_posts

NOVEMBER = {"from": "2026-11-01", "to": "2026-11-25"}


def dates(found: dict[str, Any]) -> list[str]:
    (series,) = found["series"]
    return [point["date"] for point in series["points"]]


def test_by_default_it_is_the_posts_of_each_of_30_days(studio: Studio) -> None:
    studio.bake(*every(["2026-11-25 00:00", "2026-11-25 12:00", "2026-10-27 00:00"]))
    found = studio.read("timeseries")
    assert found["range"] == {"from": "2026-10-27", "to": "2026-11-25", "timezone": "UTC"}
    assert (found["granularity"], found["as_of"]) == ("day", "2026-11-25T13:00:00.000Z")
    (series,) = found["series"]
    assert (series["group"], series["metric"]) == (None, "posts_published")
    assert len(series["points"]) == 30
    assert series["points"][0] == {"date": "2026-10-27", "value": 1}
    assert series["points"][-1] == {"date": "2026-11-25", "value": 2}
    assert {point["value"] for point in series["points"][1:-1]} == {0}


def test_weeks_start_on_monday_and_only_days_of_the_range_count(studio: Studio) -> None:
    """2026-11-01 is a Sunday, 2026-11-25 a Wednesday."""
    studio.bake(*every(["2026-10-31 12:00", "2026-11-01 12:00", "2026-11-02 00:00"]))
    studio.bake(at("2026-11-25 12:00"))
    found = studio.read("timeseries", granularity="week", **NOVEMBER)
    assert dates(found) == ["2026-10-26", "2026-11-02", "2026-11-09", "2026-11-16", "2026-11-23"]
    assert [point["value"] for point in found["series"][0]["points"]] == [1, 1, 0, 0, 1]


def test_months_are_those_of_the_calendar(studio: Studio) -> None:
    studio.bake(*every(["2024-02-29 12:00", "2024-03-01 00:00", "2024-01-15 12:00"]))
    query = {"from": "2024-01-16", "to": "2024-04-01", "granularity": "month"}
    found = studio.read("timeseries", **query)
    assert dates(found) == ["2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01"]
    assert [point["value"] for point in found["series"][0]["points"]] == [0, 1, 1, 0]


def test_a_year_of_days_is_366_points(studio: Studio) -> None:
    studio.bake(at("2024-12-31 23:59:59.999"))
    found = studio.series(**{"from": "2024-01-01", "to": "2024-12-31"})
    assert found == {None: [0] * 365 + [1]}


def test_what_nobody_reported_is_null_in_every_point(studio: Studio) -> None:
    studio.bake(at("2026-11-25 12:00"))
    query = {"metrics": "posts_published,reach,followers,reach", "granularity": "week"}
    found = studio.read("timeseries", **query, **NOVEMBER)
    assert [series["metric"] for series in found["series"]] == [
        "reach",
        "followers",
        "posts_published",
    ]
    values = [[point["value"] for point in series["points"]] for series in found["series"]]
    assert values == [[None] * 5, [None] * 5, [0, 0, 0, 0, 1]]


def test_a_post_counts_once_in_each_of_its_groups(studio: Studio) -> None:
    studio.bake(at("2026-11-24 12:00"), linkedin=True)
    studio.bind(at("2026-11-25 12:00"))
    days = {"from": "2026-11-24", "to": "2026-11-25"}
    assert studio.series(**days) == {None: [1, 1]}
    assert studio.series(group_by="brand", **days) == {
        studio.bakery: [1, 0],
        studio.florist: [0, 1],
    }
    assert studio.series(group_by="platform", **days) == {"linkedin": [1, 0], "x": [1, 1]}
    assert studio.series(group_by="channel", **days) == {
        studio.bakery_x: [1, 0],
        studio.bakery_linkedin: [1, 0],
        studio.florist_x: [0, 1],
    }


def test_a_platform_counts_a_post_on_two_of_its_channels_once(studio: Studio) -> None:
    both = [(studio.bakery_x, "x", True), (studio.florist_x, "x", True)]
    add_posts(studio.account, studio.bakery, [NOW], both)
    today = {"from": "2026-11-25", "to": "2026-11-25"}
    assert studio.series(group_by="platform", platform="x", **today) == {"x": [1]}
    assert studio.published(platform="x", **today) == (1, 0)


def test_groups_are_those_that_match_and_in_order(studio: Studio) -> None:
    """Channels that match are there without a post; an empty brand has none."""
    add_brand(studio.account, "Empty")
    days = {"from": "2026-11-25", "to": "2026-11-25"}
    brands = sorted([studio.bakery, studio.florist])
    assert studio.series(group_by="brand", **days) == {brand: [0] for brand in brands}
    assert list(studio.series(group_by="brand", **days)) == brands
    assert list(studio.series(group_by="platform", **days)) == ["linkedin", "x"]
    assert list(studio.series(group_by="platform", brand_id=studio.florist, **days)) == ["x"]
    assert list(studio.series(group_by="channel", platform="linkedin", **days)) == [
        studio.bakery_linkedin
    ]
    assert studio.series(group_by="platform", platform="tiktok", **days) == {}


def test_groups_and_filters_go_together(studio: Studio) -> None:
    studio.bake(at("2026-11-25 12:00"), linkedin=True)
    studio.bake(at("2026-11-25 12:00"), linkedin=False)
    studio.bind(at("2026-11-25 12:00"))
    today = {"from": "2026-11-25", "to": "2026-11-25"}
    assert studio.series(group_by="brand", platform="linkedin", **today) == {studio.bakery: [1]}
    assert studio.series(group_by="channel", brand_id=studio.bakery, **today) == {
        studio.bakery_x: [2],
        studio.bakery_linkedin: [1],
    }
    assert studio.series(group_by="platform", channel_id=studio.bakery_x, **today) == {"x": [2]}


def test_there_are_100_series_at_most(studio: Studio) -> None:
    # 3 channels and 97 that are gone: what was published on them is still there.
    gone = [(f"chan_{number:03}", "x", True) for number in range(MAX_SERIES - 3)]
    add_posts(studio.account, studio.bakery, [NOW, NOW - timedelta(days=3)], gone)
    assert len(studio.series(group_by="channel")) == MAX_SERIES
    add_posts(studio.account, studio.bakery, [NOW], [("chan_more", "x", True)])
    for query in ({}, {"granularity": "month"}, {"metrics": ",".join(METRICS)}):
        answer = studio.account.get(
            "/analytics/timeseries", query_string={"group_by": "channel", **query}
        )
        document = problem(answer, 422, "validation_failed")
        assert [each["parameter"] for each in document["errors"]] == ["group_by"]
    assert len(studio.read("timeseries", metrics=",".join(METRICS))["series"]) == len(METRICS)


def test_what_can_not_be_is_named(studio: Studio) -> None:
    for query, name in (
        ({"metrics": "likes"}, "metrics"),
        ({"metrics": ""}, "metrics"),
        ({"metrics": "reach,"}, "metrics"),
        ({"metrics": "reach, views"}, "metrics"),
        ({"granularity": "hour"}, "granularity"),
        ({"group_by": "format"}, "group_by"),
        ({"group_by": "brand,channel"}, "group_by"),
    ):
        answer = studio.account.get("/analytics/timeseries", query_string=query)
        document = problem(answer, 422, "validation_failed")
        assert [each["parameter"] for each in document["errors"]] == [name], query
