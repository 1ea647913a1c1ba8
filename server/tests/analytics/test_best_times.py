"""`GET /v1/analytics/best-times`: averages of the industry, by the platforms that match."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from anthyx_server import posts
from server.tests.analytics.conftest import NOW, Studio
from tests.support.apps import Account
from tests.support.problems import problem


def averages(*platforms: str) -> list[dict[str, Any]]:
    return [slot._asdict() for slot in posts.best_time_slots(platforms)]


def test_they_are_averages_until_the_networks_report(studio: Studio) -> None:
    studio.bake(*[NOW - timedelta(days=day) for day in range(40)])
    studio.bind(NOW - timedelta(days=365), NOW - timedelta(days=367))
    found = studio.read("best-times")
    assert found == {
        "timezone": "UTC",
        "basis": "industry_average",
        "sample_size": 41,
        "threshold": 30,
        "slots": averages("linkedin", "x"),
        "as_of": "2026-11-25T13:00:00.000Z",
    }
    assert {slot["weekday"] for slot in found["slots"]} == set(range(1, 8))


def test_the_platforms_are_those_of_the_channels_that_match(studio: Studio) -> None:
    expected: list[tuple[dict[str, str], list[dict[str, Any]]]] = [
        ({"brand_id": studio.florist}, averages("x")),
        ({"channel_id": studio.bakery_linkedin}, averages("linkedin")),
        ({"platform": "tiktok"}, averages("tiktok")),
        ({"brand_id": studio.bakery}, averages("linkedin", "x")),
    ]
    for query, slots in expected:
        assert studio.read("best-times", **query)["slots"] == slots, query


def test_without_a_channel_there_is_no_best_time(account: Account) -> None:
    found = account.get("/analytics/best-times?timezone=Asia/Tokyo").get_json()
    assert (found["slots"], found["sample_size"]) == ([], 0)
    assert found["timezone"] == "Asia/Tokyo"


def test_it_takes_no_range(studio: Studio) -> None:
    answer = studio.account.get("/analytics/best-times?from=2026-11-01")
    document = problem(answer, 422, "validation_failed")
    assert [each["parameter"] for each in document["errors"]] == ["from"]
