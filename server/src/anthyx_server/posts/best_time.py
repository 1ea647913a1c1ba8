"""When posts do best, until there is history of one's own: a table of industry averages."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

_WEEK = timedelta(days=7)

# Weekdays from Monday to Sunday, and hours with scores in percent, by platform: a score is that of
# its day times that of its hour. Rounded from what scheduling tools publish of their customers.
DAYS = {
    "instagram": (90, 100, 98, 94, 86, 62, 66),
    "linkedin": (82, 98, 100, 96, 74, 24, 22),
    "x": (88, 98, 100, 96, 90, 58, 56),
    "facebook": (92, 98, 100, 94, 90, 64, 60),
    "tiktok": (82, 94, 92, 100, 96, 84, 80),
}
HOURS = {
    "instagram": {8: 64, 9: 78, 10: 88, 11: 100, 12: 92, 13: 86, 14: 76, 17: 68, 18: 74, 19: 80},
    "linkedin": {7: 62, 8: 84, 9: 94, 10: 100, 11: 96, 12: 90, 13: 72, 14: 64, 16: 60, 17: 66},
    "x": {7: 60, 8: 82, 9: 100, 10: 96, 11: 90, 12: 94, 13: 78, 15: 66, 17: 76, 18: 70},
    "facebook": {8: 70, 9: 96, 10: 100, 11: 94, 12: 90, 13: 84, 14: 74, 15: 70, 18: 62, 19: 64},
    "tiktok": {9: 58, 11: 64, 12: 72, 14: 76, 15: 84, 16: 88, 17: 92, 18: 100, 19: 98, 20: 90},
}


class Slot(NamedTuple):
    """An hour of the week in the audience's time zone: 1 is Monday; the score is 0 to 1."""

    weekday: int
    hour: int
    score: float


def slots(platforms: Collection[str]) -> list[Slot]:
    """The hours that are good for these platforms together, the best first.

    A score is the mean over the platforms, where an hour that is not in one's table counts 0. Equal
    scores are in the order of the week.

    Raises:
        KeyError: there is no such platform.
        ValueError: there are none.
    """
    if not platforms:
        raise ValueError("a best time is one for some platform")
    wanted = set(platforms)
    sums: dict[tuple[int, int], int] = {}
    for platform in wanted:
        for weekday, hour, percent in _table(platform):
            sums[weekday, hour] = sums.get((weekday, hour), 0) + percent
    # Sums are whole numbers, so that no order of adding makes one slot better than its equal.
    ranked = sorted(sums.items(), key=lambda item: (-item[1], item[0]))
    return [
        Slot(weekday, hour, round(total / len(wanted) / 10_000, 4))
        for (weekday, hour), total in ranked
    ]


def _table(platform: str) -> Iterator[tuple[int, int, int]]:
    hours: Mapping[int, int] = HOURS[platform]
    for weekday, of_day in enumerate(DAYS[platform], start=1):
        for hour, of_hour in hours.items():
            yield weekday, hour, of_day * of_hour


def next_best(platforms: Collection[str], after: datetime, zone: ZoneInfo) -> datetime:
    """The best slot that begins after `after` (aware) and within seven days of it, in UTC.

    Hours are those of `zone`: one that the clocks skip is passed over, of one that they repeat it
    is the first. Where a slot comes twice within the seven days, it is the earlier one.

    Raises:
        KeyError: there is no such platform.
        ValueError: there are none.
    """
    after = after.astimezone(UTC)
    today = after.astimezone(zone).date()
    # A day more: what is left of today's hours next week may still lie within seven days.
    days = [today + timedelta(days=number) for number in range(8)]
    for slot in slots(platforms):
        for day in days:
            if day.isoweekday() != slot.weekday:
                continue
            moment = _moment(datetime(day.year, day.month, day.day, slot.hour, tzinfo=zone))
            if moment is not None and after < moment <= after + _WEEK:
                return moment
    raise AssertionError("the clocks skip no whole week")


def _moment(local: datetime) -> datetime | None:
    """A local time in UTC, the first where there are two; None where the clocks skip it."""
    moment = local.replace(fold=0).astimezone(UTC)
    is_real = moment.astimezone(local.tzinfo).replace(tzinfo=None) == local.replace(tzinfo=None)
    return moment if is_real else None
