"""The two windows of a key's family: what was used, what remains, which one binds."""

from __future__ import annotations

import math
from typing import NamedTuple

MINUTE_MS = 60_000
DAY_MS = 86_400_000


class Window(NamedTuple):
    """A fixed window; `ends_at` is Unix milliseconds, 0 while no request has opened it."""

    name: str
    length_ms: int
    limit: int
    used: int
    ends_at: int

    @property
    def remaining(self) -> int:
        """Requests that are left; never negative, also after a change to a smaller plan."""
        return max(0, self.limit - self.used)

    def resets_at(self, now_ms: int) -> int:
        """Whole Unix seconds, rounded up; of an unopened window, as if it were opened now."""
        return math.ceil((self.ends_at or now_ms + self.length_ms) / 1000)

    def seconds_left(self, now_ms: int) -> int:
        """Whole seconds until it ends, rounded up, at least one."""
        return max(1, math.ceil(((self.ends_at or now_ms + self.length_ms) - now_ms) / 1000))


class Admission(NamedTuple):
    """What the gate decided; `refused_by` names the window that refused."""

    now_ms: int
    windows: tuple[Window, ...]
    refused_by: str | None

    @property
    def binding(self) -> Window:
        """The window that refused, else the one with the fewest left; on a tie the later reset."""
        if self.refused_by is not None:
            return next(window for window in self.windows if window.name == self.refused_by)
        return min(
            self.windows, key=lambda window: (window.remaining, -window.resets_at(self.now_ms))
        )


def windows(minute: tuple[int, int, int], day: tuple[int, int, int]) -> tuple[Window, ...]:
    """Build the windows from (limit, used, ends_at) each; a day limit below 0 is no limit."""
    opened = Window("minute", MINUTE_MS, *minute)
    return (opened,) if day[0] < 0 else (opened, Window("day", DAY_MS, *day))
