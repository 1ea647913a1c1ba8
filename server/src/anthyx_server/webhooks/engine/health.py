"""An endpoint's health: when its breaker holds it back, and when it is turned off; no input/output.

A hold is half as long as the endpoint has been failing, within bounds, so that it grows by itself
and nothing but the beginning of the failures has to be remembered.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

LEAST_HOLD_SECONDS = 1.0
MOST_HOLD_SECONDS = 300.0
# A receiver may ask for more than the breaker takes by itself.
MOST_ASKED_HOLD_SECONDS = 3_600.0

_ONLY_FAILURES = timedelta(days=5)
_MANY_FAILURES = 100
_MANY_FAILURES_FOR = timedelta(hours=24)


@dataclass(slots=True)
class Health:
    """The part of an endpoint's row in `webhook_queues` that attempts change."""

    held_until: datetime | None
    failing_since: datetime | None
    consecutive_failures: int
    last_success_at: datetime | None
    last_failure: dict[str, Any] | None

    def succeed(self, at: datetime) -> None:
        """An attempt succeeded: whatever was wrong is over."""
        self.held_until = self.failing_since = None
        self.consecutive_failures = 0
        self.last_success_at = at

    def fail(self, started_at: datetime, failure: dict[str, Any]) -> None:
        """An attempt failed."""
        if self.failing_since is None:
            self.failing_since = started_at
        self.consecutive_failures += 1
        self.last_failure = failure

    def hold(self, now: datetime, retry_after: float | None) -> None:
        """Hold the endpoint back, after a failure that another request would meet as well."""
        failing = (now - self.failing_since).total_seconds() if self.failing_since else 0.0
        seconds = min(max(failing / 2, LEAST_HOLD_SECONDS), MOST_HOLD_SECONDS)
        seconds = max(seconds, min(retry_after or 0.0, MOST_ASKED_HOLD_SECONDS))
        until = now + timedelta(seconds=seconds)
        self.held_until = until if self.held_until is None else max(self.held_until, until)

    def is_hopeless(self, now: datetime) -> bool:
        """True where the endpoint is to be turned off."""
        if self.failing_since is None:
            return False
        failing = now - self.failing_since
        if failing >= _ONLY_FAILURES:
            return True
        return self.consecutive_failures >= _MANY_FAILURES and failing >= _MANY_FAILURES_FOR
