"""Time that passes only when somebody waits or a test says so."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, timezone

from anthyx._clock import Clock
from anthyx.aio._clock import AsyncClock


class VirtualClock:
    """A clock for a client and the fake API alike: whoever sleeps moves it, at no cost.

    Attributes:
        slept: the seconds of every sleep so far, in order.
    """

    def __init__(self, start: datetime = datetime(2026, 11, 25, 12, tzinfo=timezone.utc)) -> None:
        self._now = start
        self.slept: list[float] = []

    def now(self) -> datetime:
        """The moment, aware and in UTC."""
        return self._now

    def time(self) -> float:
        """Unix seconds."""
        return self._now.timestamp()

    def advance(self, seconds: float) -> None:
        """Let time pass.

        Raises:
            ValueError: `seconds` is negative.
        """
        if seconds < 0:
            raise ValueError("time can't go back")
        self._now += timedelta(seconds=seconds)

    def sleep(self, seconds: float) -> None:
        """Pass the time at once."""
        self.slept.append(seconds)
        self.advance(seconds)

    async def sleep_async(self, seconds: float) -> None:
        """As `sleep`; other tasks get their turn."""
        self.sleep(seconds)
        await asyncio.sleep(0)

    def of_client(self) -> Clock:
        """As a client wants it; its jitter is always the longest."""
        return Clock(self.time, self.time, self.sleep, lambda: 1.0)

    def of_async_client(self) -> AsyncClock:
        """The same for an async client."""
        return AsyncClock(self.time, self.time, self.sleep_async, lambda: 1.0)
