"""The monotonic clock, which a test moves instead of waiting."""

from __future__ import annotations

from time import monotonic


class MovedClock:
    """Seconds since some moment, and `ahead` more; stands still in between, unless it runs on."""

    def __init__(self, *, is_running: bool = False) -> None:
        self.ahead = 0.0
        self._start = None if is_running else monotonic()

    def __call__(self) -> float:
        return (monotonic() if self._start is None else self._start) + self.ahead
