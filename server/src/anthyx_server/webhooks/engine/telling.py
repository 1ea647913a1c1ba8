"""What the engine tells its operator: numbers for metrics; no line names what was sent."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from anthyx_server.webhooks.engine.results import Recorded
from anthyx_server.webhooks.engine.work import Finished

if TYPE_CHECKING:
    from anthyx_server.metrics import Metrics

log = logging.getLogger(__name__)


class Telling:
    """Counts, where metrics are on."""

    def __init__(self, metrics: Metrics | None) -> None:
        self._metrics = metrics

    def recorded(self, batch: Sequence[Finished], recorded: Recorded) -> None:
        """Results are on record."""
        if recorded.lost:
            log.warning("webhooks: %s results came after their leases", recorded.lost)
        if self._metrics is None:
            return
        self._metrics.delivered(recorded.statuses, recorded.lost)
        for finished in batch:
            if finished.claimed.number == 1:
                lag = finished.started_at - finished.claimed.created_at
                self._metrics.delivery_lag(max(0.0, lag.total_seconds()))

    def swept(self, find: str, count: int) -> None:
        """The sweeper found something: `interrupted`, `skipped` or `repaired`."""
        if not count:
            return
        log.info("webhooks: %s %s", count, find)
        if self._metrics is not None:
            self._metrics.swept(find, count)

    def backlog(self, open_here: int, due_endpoints: int) -> None:
        """How much is under way in this process, and how many endpoints have something due."""
        if self._metrics is not None:
            self._metrics.webhook_backlog(open_here, due_endpoints)
