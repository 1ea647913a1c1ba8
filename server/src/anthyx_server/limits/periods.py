"""The stretches of time that the page of usage counts by, in the workspace's time zone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import NamedTuple

from anthyx_server import buckets, clock

DAYS = 30
_HOUR = timedelta(hours=1)
_LABELLED_HOURS, _LABELLED_DAYS = 6, 5


class Stretch(NamedTuple):
    """An hour or a day: when it begins, its name, what stands below its bar, and its requests."""

    start: datetime
    name: str
    label: str
    accepted: int
    limited: int


class Period(NamedTuple):
    """What is looked at: `granularity` is hour or day, the ends are whole hours in UTC."""

    granularity: str
    start: datetime
    end: datetime
    zone: tzinfo

    def stretches(self, by_hour: Mapping[datetime, Sequence[int]]) -> list[Stretch]:
        """Every stretch with what was counted in it, oldest first."""
        return self._hours(by_hour) if self.granularity == "hour" else self._days(by_hour)

    def _hours(self, by_hour: Mapping[datetime, Sequence[int]]) -> list[Stretch]:
        found = []
        for index in range(int((self.end - self.start) / _HOUR)):
            start = self.start + index * _HOUR
            shown = start.astimezone(self.zone)
            is_labelled = shown.hour % _LABELLED_HOURS == 0
            label = _day(shown) if shown.hour == 0 else f"{shown:%H:%M}"
            name = f"{_day(shown)}, {shown:%H:%M}"
            counted = by_hour.get(start, (0, 0))
            found.append(Stretch(start, name, label if is_labelled else "", counted[0], counted[1]))
        return found

    def _days(self, by_hour: Mapping[datetime, Sequence[int]]) -> list[Stretch]:
        """An hour belongs to the day that it begins in, also where zones are half an hour off."""
        first = self.start.astimezone(self.zone).date()
        totals = {first + timedelta(days=index): [0, 0] for index in range(DAYS)}
        for hour, counted in by_hour.items():
            total = totals[hour.astimezone(self.zone).date()]
            total[0] += counted[0]
            total[1] += counted[1]
        found = []
        for index, (date, total) in enumerate(totals.items()):
            start = datetime.combine(date, time.min, self.zone)
            is_labelled = (DAYS - 1 - index) % _LABELLED_DAYS == 0
            label = _day(start) if is_labelled else ""
            found.append(Stretch(start, f"{start:%a}, {_day(start)}", label, total[0], total[1]))
        return found


def period(granularity: str, zone: tzinfo) -> Period:
    """The last 24 hours, or 30 days as the zone has them, each with the one that has begun."""
    start, end = buckets.span("hour", None, None)
    if granularity == "day":
        today = clock.now().astimezone(zone).date()
        midnight = datetime.combine(today - timedelta(days=DAYS - 1), time.min, zone)
        begun = buckets.floor(midnight.astimezone(UTC), _HOUR)
        # The first whole hour that begins on that day.
        start = begun if begun == midnight else begun + _HOUR
    return Period(granularity, start, end, zone)


def _day(moment: datetime) -> str:
    return f"{moment:%b} {moment.day}"
