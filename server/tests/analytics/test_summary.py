"""`GET /v1/analytics/summary`: which posts count, beside those of as many days before."""

from __future__ import annotations

from typing import Any

import pytest

from anthyx_server.analytics.metrics import METRICS, change_percent
from server.tests.analytics.conftest import Studio, at, every
from tests.support.problems import problem

NETWORK_METRICS = [name for name in METRICS if name != "posts_published"]


def test_the_last_30_days_are_compared_with_the_30_before(studio: Studio) -> None:
    studio.bake(
        at("2026-11-25 12:59:59.999"),
        at("2026-10-27 00:00"),
        at("2026-10-26 23:59:59.999"),
        at("2026-09-27 00:00"),
        at("2026-09-26 23:59:59.999"),
        None,
    )
    studio.bind(at("2026-11-01 12:00"))
    found = studio.read("summary")
    assert found["range"] == {"from": "2026-10-27", "to": "2026-11-25", "timezone": "UTC"}
    assert found["previous"] == {"from": "2026-09-27", "to": "2026-10-26"}
    assert found["as_of"] == "2026-11-25T13:00:00.000Z"
    assert found["metrics"]["posts_published"] == {
        "value": 3,
        "previous": 2,
        "change_percent": 50.0,
    }


def test_what_no_network_reported_is_null_and_never_0(studio: Studio) -> None:
    studio.bake(at("2026-11-25 12:00"))
    found = studio.read("summary")
    assert list(found["metrics"]) == list(METRICS)
    nothing = {"value": None, "previous": None, "change_percent": None}
    assert [found["metrics"][name] for name in NETWORK_METRICS] == [nothing] * 12
    assert found["coverage"] == {"channels": 3, "reporting": 0}


@pytest.mark.parametrize(
    ("value", "previous", "change"),
    [
        (3, 2, 50.0),
        (0, 4, -100.0),
        (2, 3, -33.33),
        (5, 5, 0.0),
        (5, 0, None),
        (0, 0, None),
        (None, 3, None),
        (3, None, None),
    ],
)
def test_a_change_is_null_where_there_is_none(
    value: int | None, previous: int | None, change: float | None
) -> None:
    assert change_percent(value, previous) == change


def test_a_post_on_two_channels_is_one_post(studio: Studio) -> None:
    studio.bake(at("2026-11-25 12:00"), linkedin=True)
    assert studio.published() == (1, 0)
    for query in ({"platform": "x"}, {"platform": "linkedin"}, {"brand_id": studio.bakery}):
        assert studio.published(**query) == (1, 0), query


def test_filters_must_all_hold(studio: Studio) -> None:
    studio.bake(*every(["2026-11-24 12:00", "2026-11-25 12:00"]))
    studio.bake(at("2026-11-23 12:00"), linkedin=True, x=False)
    studio.bind(at("2026-11-22 12:00"))
    expected: list[tuple[dict[str, Any], int, int]] = [
        ({}, 4, 3),
        ({"brand_id": studio.bakery}, 3, 2),
        ({"brand_id": studio.florist}, 1, 1),
        ({"platform": "x"}, 3, 2),
        ({"platform": "linkedin"}, 1, 1),
        ({"platform": "tiktok"}, 0, 0),
        ({"channel_id": studio.bakery_x}, 2, 1),
        ({"channel_id": studio.bakery_linkedin}, 1, 1),
        ({"channel_id": studio.bakery_x, "platform": "linkedin"}, 0, 0),
        ({"channel_id": studio.bakery_x, "brand_id": studio.florist}, 0, 0),
        ({"channel_id": studio.bakery_x, "brand_id": studio.bakery, "platform": "x"}, 2, 1),
    ]
    for query, posts, channels in expected:
        found = studio.read("summary", **query)
        assert found["metrics"]["posts_published"]["value"] == posts, query
        assert found["coverage"]["channels"] == channels, query


def test_where_it_failed_a_post_does_not_count(studio: Studio) -> None:
    """A post that was published on one of its channels alone is no post of the other."""
    studio.bake(at("2026-11-25 12:00"), x=True, linkedin=False)
    assert studio.published(channel_id=studio.bakery_linkedin) == (0, 0)
    assert studio.published() == (1, 0)


def test_days_are_those_of_the_time_zone(studio: Studio) -> None:
    studio.bake(at("2026-11-24 10:59:59.999"), at("2026-11-24 11:00"), at("2026-11-25 10:59"))
    auckland = {"timezone": "Pacific/Auckland", "from": "2026-11-25", "to": "2026-11-25"}
    assert studio.published(**auckland) == (2, 1)
    assert studio.published(**{**auckland, "from": "2026-11-26", "to": "2026-11-26"}) == (0, 2)
    assert studio.published(**{"from": "2026-11-24", "to": "2026-11-24"}) == (2, 0)


def test_today_is_today_in_the_time_zone(studio: Studio) -> None:
    last = {
        name: studio.read("summary", timezone=name)["range"]["to"]
        for name in ("Pacific/Auckland", "UTC", "Pacific/Honolulu")
    }
    assert last == {
        "Pacific/Auckland": "2026-11-26",
        "UTC": "2026-11-25",
        "Pacific/Honolulu": "2026-11-25",
    }


def test_what_can_not_be_is_named(studio: Studio) -> None:
    refused: list[tuple[dict[str, str], set[str]]] = [
        ({"from": "2026-11-26"}, {"from"}),
        ({"to": "2026-11-26"}, {"to"}),
        ({"from": "2026-11-27", "to": "2026-11-26"}, {"from", "to"}),
        ({"from": "2026-11-25", "to": "2026-11-24"}, {"from"}),
        ({"from": "2025-11-24"}, {"from"}),
        ({"from": "1970-01-01", "to": "1971-01-02"}, {"from"}),
        ({"from": "2026-11-26", "timezone": "Pacific/Honolulu"}, {"from"}),
        ({"from": "2026-02-29"}, {"from"}),
        ({"from": "2026-1-1"}, {"from"}),
        ({"from": "20261101"}, {"from"}),
        ({"from": "2026-W47-1"}, {"from"}),
        ({"from": "2026-11-01T00:00:00Z", "to": ""}, {"from", "to"}),
        ({"from": "1969-12-31"}, {"from"}),
        ({"to": "9999-12-31"}, {"to"}),
        ({"from": "２０２６-11-01"}, {"from"}),
        ({"timezone": "Mars/Olympus"}, {"timezone"}),
        ({"timezone": ""}, {"timezone"}),
        ({"platform": "myspace"}, {"platform"}),
        ({"brand_id": "chan_1"}, {"brand_id"}),
        ({"granularity": "day"}, {"granularity"}),
    ]
    for query, names in refused:
        answer = studio.account.get("/analytics/summary", query_string=query)
        document = problem(answer, 422, "validation_failed")
        assert {each["parameter"] for each in document["errors"]} == names, query


def test_a_range_has_366_days_at_most(studio: Studio) -> None:
    studio.bake(at("2024-01-01 00:00"), at("2024-12-31 23:59"), at("2022-12-31 00:00"))
    assert studio.published(**{"from": "2024-01-01", "to": "2024-12-31"}) == (2, 1)
    assert studio.read("summary", **{"from": "1970-01-01", "to": "1970-12-31"})["previous"] == {
        "from": "1969-01-01",
        "to": "1969-12-31",
    }


def test_one_end_of_the_range_is_enough(studio: Studio) -> None:
    ends = studio.read("summary", **{"from": "2026-11-20"})["range"]
    assert (ends["from"], ends["to"]) == ("2026-11-20", "2026-11-25")
    begins = studio.read("summary", to="2026-03-01")["range"]
    assert (begins["from"], begins["to"]) == ("2026-01-31", "2026-03-01")
