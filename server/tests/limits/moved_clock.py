"""The monotonic clock, which a test may put forward instead of waiting."""

from __future__ import annotations

from time import monotonic


class MovedClock:
    """Seconds since some moment, and `ahead` more."""

    ahead = 0.0

    def __call__(self) -> float:
        return monotonic() + self.ahead
