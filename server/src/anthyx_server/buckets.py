"""Hours and days in UTC that numbers over time are summed by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from anthyx_server import clock
from anthyx_server.inputs import invalid_query

LENGTHS = {"hour": timedelta(hours=1), "day": timedelta(days=1)}
GRANULARITIES = tuple(LENGTHS)
_MOST = {"hour": 31 * 24, "day": 366}
_EPOCH = datetime.fromtimestamp(0, UTC)


def span(
    granularity: str, first: datetime | None, last: datetime | None
) -> tuple[datetime, datetime]:
    """The buckets' range: from the one that holds `first` to the one that holds `last`.

    Left out, they are the last 24 hours or 30 days.

    Raises:
        ValidationFailed: the range is empty or has too many buckets.
    """
    length = LENGTHS[granularity]
    end = floor(last or clock.now(), length) + length
    default = timedelta(days=1) if granularity == "hour" else timedelta(days=30)
    start = end - default if first is None else floor(first, length)
    if start >= end:
        raise invalid_query({"from": "Must lie before to."})
    most = _MOST[granularity]
    if (end - start) / length > most:
        raise invalid_query({"from": f"At most {most} buckets can be read at once."})
    return start, end


def floor(moment: datetime, length: timedelta) -> datetime:
    """The start of the bucket that holds a time."""
    return _EPOCH + (moment - _EPOCH) // length * length
