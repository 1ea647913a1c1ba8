"""The time, sleep and chance that retries and pacing use, in one place for tests to replace."""

from __future__ import annotations

import random as _random
import time as _time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class Timekeeper(Protocol):
    """What a call needs of a clock, whichever way that one sleeps."""

    @property
    def monotonic(self) -> Callable[[], float]:
        """Seconds that only grow."""
        ...

    @property
    def time(self) -> Callable[[], float]:
        """Seconds since the Unix epoch."""
        ...

    @property
    def random(self) -> Callable[[], float]:
        """A number from 0 up to 1."""
        ...


@dataclass(frozen=True, slots=True)
class Clock:
    """Time and chance as a client sees them.

    `monotonic` and `time` return seconds (`time` since the Unix epoch), `sleep` takes seconds,
    `random` returns a number from 0 up to 1.
    """

    monotonic: Callable[[], float] = _time.monotonic
    time: Callable[[], float] = _time.time
    sleep: Callable[[float], None] = _time.sleep
    random: Callable[[], float] = _random.random
