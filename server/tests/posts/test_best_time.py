"""The best time to post: ranked slots, and the next of them in the audience's time zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anthyx_server.channels import PLATFORMS
from anthyx_server.posts import best_time
from anthyx_server.posts.best_time import Slot, next_best, slots

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = timedelta(days=7)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_every_platform_has_slots_from_best_to_worst() -> None:
    for platform in PLATFORMS:
        ranked = slots([platform])
        assert len(ranked) == len({(slot.weekday, slot.hour) for slot in ranked}) >= 7
        assert ranked == sorted(ranked, key=lambda slot: (-slot.score, slot.weekday, slot.hour))
        assert ranked[0].score == 1
        for slot in ranked:
            assert 1 <= slot.weekday <= 7
            assert 0 <= slot.hour <= 23
            assert 0 < slot.score <= 1


def test_several_platforms_share_their_mean() -> None:
    one, other = slots(["linkedin"]), slots(["tiktok"])
    both = {slot[:2]: slot.score for slot in slots(["linkedin", "tiktok"])}
    alone = [{slot[:2]: slot.score for slot in each} for each in (one, other)]
    for place, score in both.items():
        assert score == pytest.approx(sum(each.get(place, 0) for each in alone) / 2, abs=1e-3)
    assert slots(["tiktok", "linkedin", "tiktok"]) == slots({"linkedin", "tiktok"})


def test_the_next_best_is_the_best_of_the_coming_week() -> None:
    assert slots(["linkedin"])[0] == Slot(3, 10, 1.0)
    # Wednesday, 10 o'clock in Berlin is 9 o'clock in winter, 8 o'clock in summer.
    wednesday = at("2026-11-25 09:00")
    assert next_best(["linkedin"], at("2026-11-24 12:00"), BERLIN) == wednesday
    assert next_best(["linkedin"], wednesday - timedelta(milliseconds=1), BERLIN) == wednesday
    assert next_best(["linkedin"], wednesday, BERLIN) == wednesday + WEEK, "strictly after"
    assert next_best(["linkedin"], at("2026-07-01 08:00"), BERLIN) == at("2026-07-08 08:00")
    in_zone = datetime(2026, 11, 24, 13, tzinfo=BERLIN)
    found = next_best(["linkedin"], in_zone, ZoneInfo("America/New_York"))
    assert found == at("2026-11-25 15:00")
    assert found.tzinfo is UTC


@pytest.fixture
def night_owls(monkeypatch: pytest.MonkeyPatch) -> None:
    """A platform whose best hour is the one that Europe's clocks skip and repeat."""
    monkeypatch.setitem(best_time.DAYS, "x", (50, 50, 50, 50, 50, 50, 100))
    monkeypatch.setitem(best_time.HOURS, "x", {2: 100, 20: 90})


def test_an_hour_that_is_skipped_is_passed_over(night_owls: None) -> None:
    # On Sunday, 29 March 2026 there is no 2 o'clock in Berlin; 20 o'clock is 18 in UTC.
    assert next_best(["x"], at("2026-03-23 12:00"), BERLIN) == at("2026-03-29 18:00")
    assert next_best(["x"], at("2026-03-29 18:00"), BERLIN) == at("2026-04-05 00:00")


def test_of_an_hour_that_comes_twice_it_is_the_first(night_owls: None) -> None:
    # On Sunday, 25 October 2026, 2 o'clock in Berlin is 0 and again 1 o'clock in UTC.
    assert next_best(["x"], at("2026-10-20 12:00"), BERLIN) == at("2026-10-25 00:00")
    # A week later 2 o'clock is an hour further away than seven days.
    assert next_best(["x"], at("2026-10-25 00:00"), BERLIN) == at("2026-10-25 19:00")


def test_a_day_that_a_zone_left_out_is_passed_over() -> None:
    """Samoa went from Thursday, 29 to Saturday, 31 December 2011."""
    apia = ZoneInfo("Pacific/Apia")
    found = next_best(["tiktok"], at("2011-12-30 05:00"), apia)
    assert found.astimezone(apia).isoweekday() == 4


@given(
    st.integers(min_value=631_152_000, max_value=3_786_912_000).map(
        lambda seconds: datetime.fromtimestamp(seconds, UTC)  # 1990 to 2090
    ),
    st.timezones(),
    st.sets(st.sampled_from(sorted(PLATFORMS)), min_size=1),
)
@settings(max_examples=100, deadline=None)
def test_it_lies_in_the_coming_week_and_no_better_slot_does(
    after: datetime, zone: ZoneInfo, platforms: set[str]
) -> None:
    found = next_best(platforms, after, zone)
    assert after < found <= after + WEEK
    local = found.astimezone(zone)
    scores = {slot[:2]: slot.score for slot in slots(platforms)}
    assert (local.minute, local.second, local.fold) == (0, 0, 0)
    quarter = after.replace(minute=after.minute // 15 * 15, second=0, microsecond=0)
    quarters = [quarter + number * timedelta(minutes=15) for number in range(1, 7 * 24 * 4 + 1)]
    there = [moment.astimezone(zone) for moment in quarters]
    best = max(
        scores.get((moment.isoweekday(), moment.hour), 0)
        for moment in there
        if moment.minute == moment.fold == 0
    )
    assert scores[local.isoweekday(), local.hour] == best


def test_no_platform_has_no_best_time() -> None:
    with pytest.raises(ValueError, match="some platform"):
        slots([])
    with pytest.raises(KeyError):
        next_best(["myspace"], at("2026-01-01 00:00"), BERLIN)
