"""Days, weeks and months of a time zone as ranges of time in UTC; clocks may change in them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MAX_DAYS = 366
DEFAULT_DAYS = 30
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Bucket:
    """A day, week or month by its first day, and when as much of it as is asked for begins.

    It ends where the next begins: at once where a time zone has skipped the day.
    """

    date: date
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class Period:
    """Days in a time zone, the first and the last included."""

    first: date
    last: date
    timezone: str

    @property
    def days(self) -> int:
        """How many days there are."""
        return (self.last - self.first).days + 1

    @property
    def starts_at(self) -> datetime:
        """Its first moment."""
        return day_start(self.first, self.timezone)

    @property
    def ends_at(self) -> datetime:
        """The first moment after it."""
        return day_start(self.last + _DAY, self.timezone)

    @property
    def edges(self) -> tuple[datetime, datetime]:
        """Its first moment, and the first after it."""
        return self.starts_at, self.ends_at

    @property
    def previous(self) -> Period:
        """As many days before the first."""
        length = timedelta(days=self.days)
        return Period(self.first - length, self.first - _DAY, self.timezone)

    def buckets(self, granularity: str) -> list[Bucket]:
        """Every day, week or month, in order; the first is cut to the period."""
        first_day_of = _FIRST_DAY_OF[granularity]
        later = (self.first + number * _DAY for number in range(1, self.days))
        starts = [self.first, *(day for day in later if day == first_day_of(day))]
        return [Bucket(first_day_of(day), day_start(day, self.timezone)) for day in starts]


_FIRST_DAY_OF: dict[str, Callable[[date], date]] = {
    "day": lambda day: day,
    "week": lambda day: day - timedelta(days=day.weekday()),
    "month": lambda day: day.replace(day=1),
}
GRANULARITIES = tuple(_FIRST_DAY_OF)


def local_date(moment: datetime, timezone: str) -> date:
    """The day that it is in a time zone."""
    return moment.astimezone(ZoneInfo(timezone)).date()


@functools.lru_cache(maxsize=4096)
def day_start(day: date, timezone: str) -> datetime:
    """The moment (UTC) at which a day begins in a time zone.

    `fold=0` of PEP 495 is the earlier of two midnights where clocks go back, and the moment of
    the change where they skip midnight or, as in Samoa on 2011-12-30, the whole day.
    """
    return datetime.combine(day, time(), ZoneInfo(timezone)).astimezone(UTC)
