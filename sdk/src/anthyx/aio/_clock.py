"""The time, sleep and chance that retries and pacing use, for tasks."""

from __future__ import annotations

import asyncio
import random as _random
import time as _time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AsyncClock:
    """Time and chance as an `AsyncAnthyx` sees them: a `Clock` whose `sleep` is awaited."""

    monotonic: Callable[[], float] = _time.monotonic
    time: Callable[[], float] = _time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    random: Callable[[], float] = _random.random
