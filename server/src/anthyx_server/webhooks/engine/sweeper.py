"""Sweeping: deliveries whose process died go on, and those that nobody waits for end."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from anthyx_server import clock
from anthyx_server.db import reading
from anthyx_server.webhook_settings import WebhookSettings
from anthyx_server.webhooks.engine.requests import interrupted
from anthyx_server.webhooks.engine.results import Results
from anthyx_server.webhooks.engine.sweep_statements import SweepStatements
from anthyx_server.webhooks.engine.telling import Telling

_BATCH = 500
# So many batches of one endpoint in a second; the others and the results have their turn.
_BATCHES = 4
_ALL_SECONDS = 300.0
_HOSTS_SECONDS = 3_600.0
# A clock that goes another way than the monotonic one by so much has been set.
_JUMP_SECONDS = 5.0
# No process gives leases that end so much later than ours: the clock was set back since.
_IMPOSSIBLE_SECONDS = 300.0


class Sweeper:
    """Looks around each second; one thread uses it."""

    def __init__(
        self, engine: sa.Engine, settings: WebhookSettings, results: Results, telling: Telling
    ) -> None:
        self._engine = engine
        self._reads = reading(engine)
        self._lease = timedelta(seconds=settings.lease_seconds)
        self._results = results
        self._telling = telling
        self._statements = SweepStatements(engine)
        self._all_at = clock.monotonic()
        self._hosts_at = clock.monotonic() + _HOSTS_SECONDS
        self._trusted_from = 0.0
        self._difference: float | None = None

    def sweep(self) -> None:
        """Look once.

        Raises:
            SQLAlchemyError: the database failed; the next look finds the same.
        """
        if self._trusts_clock():
            self._sweep_leases()
        self._skip_idle()
        if clock.monotonic() >= self._hosts_at:
            self._hosts_at = clock.monotonic() + _HOSTS_SECONDS
            with self._engine.begin() as connection:
                before = clock.now() - timedelta(seconds=_HOSTS_SECONDS)
                self._statements.forget_hosts(connection, before)

    def _trusts_clock(self) -> bool:
        """False for one lease after the clock was set: what runs must not seem to be over."""
        difference = clock.unix_seconds() - clock.monotonic()
        if self._difference is not None and abs(difference - self._difference) > _JUMP_SECONDS:
            self._trusted_from = clock.monotonic() + self._lease.total_seconds()
        self._difference = difference
        return clock.monotonic() >= self._trusted_from

    def _sweep_leases(self) -> None:
        now = clock.now()
        never = now + self._lease + timedelta(seconds=_IMPOSSIBLE_SECONDS)
        with self._reads.connect() as connection:
            suspects = self._statements.suspects(connection, now, never)
            if clock.monotonic() >= self._all_at:
                self._all_at = clock.monotonic() + _ALL_SECONDS
                suspects += self._statements.drifted(connection)
        for endpoint_id in sorted(set(suspects)):
            self._mend(endpoint_id)

    def _mend(self, endpoint_id: str) -> None:
        """End the leases of an endpoint that are over, and count what is under way anew."""
        with self._engine.begin() as connection:
            line = self._results.lock_line(connection, endpoint_id)
            now = clock.now()
            never = now + self._lease + timedelta(seconds=_IMPOSSIBLE_SECONDS)
            leases = self._statements.leases(connection, endpoint_id)
            over = [each for each in leases if each.until <= now or each.until > never]
            for start in range(0, len(over), _BATCH):
                self._results.record_in(
                    connection,
                    [
                        interrupted(each.claimed, each.url, each.until - self._lease)
                        for each in over[start : start + _BATCH]
                    ],
                )
            left = len(leases) - len(over)
            has_drifted = line is not None and line != len(leases)
            if has_drifted:
                self._statements.count(connection, endpoint_id, left)
        self._telling.swept("interrupted", len(over))
        self._telling.swept("repaired", int(has_drifted))

    def _skip_idle(self) -> None:
        with self._reads.connect() as connection:
            idle = self._statements.idle(connection)
        for endpoint_id in idle:
            for _ in range(_BATCHES):
                with self._engine.begin() as connection:
                    skipped = self._statements.skip(connection, endpoint_id, _BATCH, clock.now())
                self._telling.swept("skipped", skipped)
                if skipped < _BATCH:
                    break
