"""Pacing: how many attempts may start and when, at so many per second; no input/output.

The generic cell rate algorithm without a burst: attempts get slots that lie one interval apart.
Slots of the near future are given out too, and their attempts begin when it comes, so that a rate
holds exactly without a claim for each attempt.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

HORIZON_SECONDS = 0.05
# No slot lies further ahead, unless the clock was set back since.
FARTHEST_SECONDS = 5.0


@dataclass(slots=True)
class Pace:
    """The slots of one endpoint or host; times are Unix seconds, `rate` None is no bound."""

    rate: float | None
    next_at: float

    @classmethod
    def of(cls, rate: float | None, paced_until: datetime | None, now: float) -> Pace:
        """The pace of a row, whose `paced_until` is the next slot."""
        start = now if paced_until is None else paced_until.timestamp()
        return cls(rate, start if now < start <= now + FARTHEST_SECONDS else now)

    def free(self, now: float) -> int | None:
        """How many slots there are up to the horizon; None without a bound."""
        if not self.rate:
            return None
        room = now + HORIZON_SECONDS - self.next_at
        return 0 if room < 0 else math.floor(room * self.rate) + 1

    def take(self, earliest: float) -> float:
        """The next slot, not before `earliest`; what lies before it is given up."""
        if not self.rate:
            return earliest
        slot = max(self.next_at, earliest)
        self.next_at = slot + 1 / self.rate
        return slot

    def paced_until(self) -> datetime | None:
        """What is to be kept: the next slot, on the millisecond that follows."""
        if not self.rate:
            return None
        milliseconds = math.ceil(self.next_at * 1000 - 1e-3)
        return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=milliseconds)
