"""How claims read and write, for all workspaces: what SQLite and PostgreSQL have in common."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import sqlalchemy as sa

from anthyx_server.webhooks.engine.pacing import FARTHEST_SECONDS, HORIZON_SECONDS, Pace
from anthyx_server.webhooks.engine.work import Claimed, Found, Line, Wanted

# Of an endpoint whose breaker is half open, one delivery is under way at most.
IS_OPEN = """
  e.status = 'enabled' AND e.deleted_at IS NULL
  AND q.in_flight < e.max_in_flight
  AND (q.paced_until IS NULL OR q.paced_until <= {soon} OR q.paced_until > {far})
"""
IS_NOT_HELD = "(q.held_until IS NULL OR (q.held_until <= {now} AND q.in_flight = 0))"
LINES = """
  FROM webhook_queues q JOIN webhook_endpoints e ON e.id = q.endpoint_id
"""
LINE_COLUMNS = """
  q.endpoint_id, q.sequence, q.in_flight, e.max_in_flight, q.held_until, e.url, e.version,
  e.rate_per_second, q.paced_until
"""
CLAIMED_COLUMNS = """
  d.id, d.workspace_id, d.mode, d.endpoint_id, d.event_id, d.event_type, d.sequence,
  d.attempts_made, d.round_attempts, d.trigger, d.status, d.recovery_id, d.created_at
"""
ASKED_ROWS = "d.trigger IN ('manual', 'test')"


class ClaimStatements(Protocol):
    """What a claim does to the database."""

    def find(self, connection: sa.Connection, now: datetime, most: int) -> list[Found]:
        """The endpoints that may be served now, least recently served first."""

    def lock_lines(
        self, connection: sa.Connection, endpoint_ids: Sequence[str], now: datetime
    ) -> list[Line]:
        """Lock the lines that nobody else has locked; in no order."""

    def lock_hosts(self, connection: sa.Connection, hosts: Collection[str]) -> dict[str, Any]:
        """Lock hosts and read their next slots."""

    def pick(
        self,
        connection: sa.Connection,
        wanted: Sequence[Wanted],
        lease: tuple[str, datetime, datetime],
        *,
        asked: bool,
    ) -> list[Claimed]:
        """Put due deliveries of locked lines under a lease: token, now, and its end."""

    def save(
        self,
        connection: sa.Connection,
        lines: Sequence[Line],
        hosts: Mapping[str, Pace],
        now: datetime,
    ) -> None:
        """Keep lines and hosts as a claim leaves them."""


def times(now: datetime) -> tuple[datetime, datetime]:
    """The latest slot that is given out now, and the farthest that any was ever given."""
    return (
        now + timedelta(seconds=HORIZON_SECONDS),
        now + timedelta(seconds=FARTHEST_SECONDS),
    )


def line(row: Any, now: datetime) -> Line:
    """The line in a row of `LINE_COLUMNS`."""
    pace = Pace.of(row[7], row[8], now.timestamp())
    return Line(row[0], row[1], row[2], row[3], row[4], row[5], row[6], pace)
