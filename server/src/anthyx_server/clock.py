"""The time, as everything in the server reads it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  (a zone would cost as much as the rest)


def now() -> datetime:
    """The current time in UTC, to the millisecond."""
    return from_milliseconds(time.time_ns() // 1_000_000)


def from_milliseconds(milliseconds: int) -> datetime:
    """A time in UTC from Unix milliseconds."""
    seconds, rest = divmod(milliseconds, 1000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest * 1000)


def milliseconds(moment: datetime) -> int:
    """Unix milliseconds of an aware time."""
    return int(moment.timestamp()) * 1000 + moment.microsecond // 1000


def rfc3339(moment: datetime) -> str:
    """RFC 3339 in UTC with `Z` and milliseconds."""
    return moment.isoformat(timespec="milliseconds")[:-6] + "Z"


def rfc3339_of_milliseconds(milliseconds: int) -> str:
    """`rfc3339` of Unix milliseconds, in half the time."""
    return (_EPOCH + timedelta(0, 0, 0, milliseconds)).isoformat("T", "milliseconds") + "Z"


def rfc3339_or_none(moment: datetime | None) -> str | None:
    """`rfc3339`, or None where there is no time."""
    return None if moment is None else rfc3339(moment)


def unix_seconds() -> float:
    """The current time as logs keep it."""
    return time.time()


def monotonic() -> float:
    """Seconds of a clock that never goes back, for measuring how long something took."""
    return time.monotonic()
