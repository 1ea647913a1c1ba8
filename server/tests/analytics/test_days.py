"""Days of time zones whose clocks change, by what the API counts and by a naive count."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anthyx_server import db
from anthyx_server.analytics.periods import Period, day_start
from anthyx_server.fields import time_zones
from anthyx_server.posts import Post, PostTarget
from server.tests.analytics.conftest import Studio, at

MILLISECOND = timedelta(milliseconds=1)
CHANGES = [
    ("America/New_York", "2026-03-08", "2026-03-08T05:00", 23),
    ("America/New_York", "2025-11-02", "2025-11-02T04:00", 25),
    ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00", 23),
    ("Europe/Berlin", "2026-10-25", "2026-10-24T22:00", 25),
    ("Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00", 24.5),
    ("Australia/Lord_Howe", "2026-10-04", "2026-10-03T13:30", 23.5),
    ("Pacific/Apia", "2011-12-29", "2011-12-29T10:00", 24),
    ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00", 0),
    ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00", 24),
    ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00", 23),  # there was no midnight
    ("America/Sao_Paulo", "2018-02-17", "2018-02-17T02:00", 25),  # 23:00 came twice
    ("America/Nuuk", "2026-03-28", "2026-03-28T02:00", 23),  # 23:00 was midnight at once
    ("America/St_Johns", "2010-11-07", "2010-11-07T02:30", 25),  # 00:01 was 23:01 again
    ("America/St_Johns", "2010-11-06", "2010-11-06T02:30", 24),
    ("Antarctica/Troll", "2026-03-29", "2026-03-29T00:00", 22),
]
# Some change their clocks often, at midnight, by half an hour, or changed their date.
ZONES = sorted({zone for zone, *_ in CHANGES} | {"Asia/Kathmandu", "Africa/Cairo", "Asia/Gaza"})
# From this year on no time zone has gone back over midnight to the day before.
FIRST = date(2011, 1, 1)
LAST = date(2026, 11, 20)


@pytest.mark.parametrize(("zone", "day", "begins", "hours"), CHANGES)
def test_a_day_begins_once_and_ends_where_the_next_begins(
    zone: str, day: str, begins: str, hours: float
) -> None:
    period = Period(date.fromisoformat(day), date.fromisoformat(day), zone)
    assert period.starts_at == at(begins)
    assert period.ends_at - period.starts_at == timedelta(hours=hours)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(zone=st.sampled_from(sorted(time_zones())), day=st.dates(date(1970, 1, 2), date(2037, 1, 1)))
def test_a_day_begins_at_its_first_moment(zone: str, day: date) -> None:
    start = day_start(day, zone)
    assert start.astimezone(ZoneInfo(zone)).date() >= day
    assert (start - MILLISECOND).astimezone(ZoneInfo(zone)).date() < day


def test_moments_at_the_edges_of_days(studio: Studio) -> None:
    """Two posts at each change: in the last millisecond of a day, and in the first of the next."""
    for zone, day, _, hours in CHANGES:
        start = day_start(date.fromisoformat(day), zone)
        before = date.fromisoformat(day) - timedelta(days=1)
        days = {"from": before.isoformat(), "to": day, "timezone": zone}
        empty(studio)
        studio.bake(start - MILLISECOND, start)
        day_before = 0 if (zone, day) == ("Pacific/Apia", "2011-12-31") else 1
        counted = [day_before, int(hours > 0)]
        assert studio.series(**days) == {None: counted}, (zone, day)
        for each, expected in zip((before.isoformat(), day), counted, strict=True):
            alone = {"from": each, "to": each, "timezone": zone}
            assert len(studio.read("posts", **alone)["data"]) == expected, (zone, each)
            assert studio.published(**alone)[0] == expected, (zone, each)


def empty(studio: Studio) -> None:
    with studio.account.app.app_context(), db.transaction():
        db.db.session.execute(sa.delete(PostTarget))
        db.db.session.execute(sa.delete(Post))


def bucket_of(moment: datetime, zone: str, granularity: str) -> str:
    """The naive way: look at the calendar on the wall."""
    day = moment.astimezone(ZoneInfo(zone)).date()
    if granularity == "week":
        return (day - timedelta(days=day.weekday())).isoformat()
    return day.isoformat() if granularity == "day" else f"{day:%Y-%m}-01"


@st.composite
def cases(draw: Any) -> tuple[str, date, date, list[tuple[datetime, bool]]]:
    """A zone, a range of its days, and moments in and around it, many of them near midnight."""
    zone = draw(st.sampled_from(ZONES) | st.sampled_from(sorted(time_zones())))
    around = [date.fromisoformat(day) for name, day, *_ in CHANGES if name == zone]
    around = [day for day in around if day > FIRST] or [FIRST]
    first = draw(st.sampled_from(around) | st.dates(FIRST, LAST - timedelta(days=40)))
    first = min(max(first - timedelta(days=draw(st.integers(0, 3))), FIRST), LAST)
    last = min(first + timedelta(days=draw(st.integers(0, 40))), LAST)
    near = st.integers(-3 * 3_600_000, 3 * 3_600_000)
    moments = draw(
        st.lists(
            st.tuples(st.integers(-2, (last - first).days + 2), near, st.booleans()), max_size=12
        )
    )
    midnight = datetime(first.year, first.month, first.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    found = [
        (midnight + timedelta(days=days, milliseconds=shift), is_on_linkedin)
        for days, shift, is_on_linkedin in moments
    ]
    return zone, first, last, found


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(case=cases(), granularity=st.sampled_from(["day", "week", "month"]))
def test_it_counts_as_one_would_by_hand(
    studio: Studio,
    case: tuple[str, date, date, list[tuple[datetime, bool]]],
    granularity: str,
) -> None:
    zone, first, last, moments = case
    empty(studio)
    studio.bake(*(moment for moment, is_too in moments if is_too), linkedin=True)
    studio.bake(*(moment for moment, is_too in moments if not is_too))
    inside = [
        (moment, is_too)
        for moment, is_too in moments
        if first <= moment.astimezone(ZoneInfo(zone)).date() <= last
    ]
    by_hand = {
        "x": Counter(bucket_of(moment, zone, granularity) for moment, _ in inside),
        "linkedin": Counter(
            bucket_of(moment, zone, granularity) for moment, is_too in inside if is_too
        ),
    }
    query = {"from": first.isoformat(), "to": last.isoformat(), "timezone": zone}
    found = studio.read("timeseries", granularity=granularity, group_by="platform", **query)
    for series in found["series"]:
        counted = {point["date"]: point["value"] for point in series["points"]}
        assert {day: value for day, value in counted.items() if value} == by_hand[series["group"]]
        assert list(counted) == sorted({bucket_at(first, last, day, granularity)
                                        for day in range((last - first).days + 1)})  # fmt: skip
    assert studio.published(**query)[0] == len(inside)
    assert len(studio.read("posts", limit=100, **query)["data"]) == len(inside)


def bucket_at(first: date, last: date, number: int, granularity: str) -> str:
    """The bucket of the day of this number in the range."""
    day = first + timedelta(days=number)
    assert day <= last
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return bucket_of(noon, "UTC", granularity)
