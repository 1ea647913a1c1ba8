"""How the sweeper looks for what is left behind, on SQLite and on PostgreSQL; for all workspaces.

Leased rows stand at the head of what is due for an endpoint, because claims take them in this
order; what somebody asked for is leased wherever it stands, and has an index of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from anthyx_server.clock import from_milliseconds, milliseconds
from anthyx_server.db import is_sqlite
from anthyx_server.webhooks.engine.work import Claimed

_ASKED = "d.trigger IN ('manual', 'test')"
_LEASED = """
  FROM webhook_deliveries d
  WHERE d.endpoint_id = {endpoint} AND d.next_attempt_at IS NOT NULL AND d.lease IS NOT NULL
"""
_OF_QUEUE = _LEASED.format(endpoint="q.endpoint_id")
# One statement, so that lines and leases are of one moment.
_SUSPECTS = f"""
SELECT q.endpoint_id FROM webhook_queues q
CROSS JOIN LATERAL (
  SELECT count(*) AS n, min(leased_until) AS first, max(leased_until) AS last FROM (
    (SELECT d.leased_until {_OF_QUEUE} AND {_ASKED})
    UNION ALL
    (SELECT d.leased_until {_OF_QUEUE} AND NOT {_ASKED} ORDER BY d.next_attempt_at
     LIMIT greatest(q.in_flight - (SELECT count(*) {_OF_QUEUE} AND {_ASKED}), 0))
  ) leased
) l
WHERE q.in_flight > 0 AND (l.n <> q.in_flight OR l.first <= %s OR l.last > %s)
"""  # noqa: S608
_BUSY_ON_SQLITE = "SELECT endpoint_id, in_flight FROM webhook_queues WHERE in_flight > 0"
_LEASES_ON_SQLITE = f"""
SELECT leased_until FROM (
  SELECT d.leased_until {_LEASED.format(endpoint="?1")} AND {_ASKED}
)
UNION ALL
SELECT leased_until FROM (
  SELECT d.leased_until {_LEASED.format(endpoint="?1")} AND NOT {_ASKED}
  ORDER BY d.next_attempt_at LIMIT max(?2 - (
    SELECT count(*) {_LEASED.format(endpoint="?1")} AND {_ASKED}), 0)
)
"""  # noqa: S608
_DRIFTED = """
SELECT d.endpoint_id FROM webhook_deliveries d
LEFT JOIN webhook_queues q ON q.endpoint_id = d.endpoint_id
WHERE d.next_attempt_at IS NOT NULL AND d.lease IS NOT NULL
GROUP BY d.endpoint_id, q.in_flight HAVING coalesce(q.in_flight, -1) <> count(*)
"""
_LEASES = """
SELECT d.id, d.workspace_id, d.mode, d.endpoint_id, d.event_id, d.event_type,
  coalesce(d.sequence, 0), d.attempts_made, d.round_attempts, d.trigger, d.status, d.recovery_id,
  d.created_at, d.lease, d.leased_until, coalesce(e.url, '')
FROM webhook_deliveries d LEFT JOIN webhook_endpoints e ON e.id = d.endpoint_id
WHERE d.endpoint_id = {value} AND d.next_attempt_at IS NOT NULL AND d.lease IS NOT NULL
"""
_COUNT = "UPDATE webhook_queues SET in_flight = {value} WHERE endpoint_id = {value}"
# Each endpoint with something waiting, by its first row: a walk over the index, not over rows.
_IDLE = """
WITH RECURSIVE heads (endpoint_id) AS (
  SELECT * FROM (SELECT d.endpoint_id FROM webhook_deliveries d
    WHERE d.next_attempt_at IS NOT NULL ORDER BY d.endpoint_id LIMIT 1) first
  UNION ALL
  SELECT (SELECT d.endpoint_id FROM webhook_deliveries d
    WHERE d.next_attempt_at IS NOT NULL AND d.endpoint_id > h.endpoint_id
    ORDER BY d.endpoint_id LIMIT 1)
  FROM heads h WHERE h.endpoint_id IS NOT NULL
)
SELECT h.endpoint_id FROM heads h LEFT JOIN webhook_endpoints e ON e.id = h.endpoint_id
WHERE h.endpoint_id IS NOT NULL
  AND (e.id IS NULL OR e.status <> 'enabled' OR e.deleted_at IS NOT NULL)
"""
# The row is locked whatever it says: who enables it at this moment is waited for, and seen.
_IS_ENABLED = """
SELECT status = 'enabled' AND deleted_at IS NULL FROM webhook_endpoints WHERE id = {value} {lock}
"""
# What was sent before stays what it was: a manual attempt of it is not made.
_SKIP = """
UPDATE webhook_deliveries SET next_attempt_at = NULL,
  status = CASE WHEN status IN ('pending', 'failed') THEN 'skipped' ELSE status END,
  completed_at = CASE WHEN status IN ('pending', 'failed') THEN {value} ELSE completed_at END,
  trigger = CASE WHEN recovery_id IS NULL THEN 'automatic' ELSE 'recovery' END
WHERE id IN (
  SELECT d.id FROM webhook_deliveries d
  WHERE d.endpoint_id = {value} AND d.next_attempt_at IS NOT NULL AND d.lease IS NULL
  ORDER BY d.next_attempt_at LIMIT {value} {lock}
)
"""
_FORGET_HOSTS = "DELETE FROM webhook_hosts WHERE paced_until IS NULL OR paced_until < {value}"


class Lease(NamedTuple):
    """A delivery under lease, until when, and where it goes."""

    claimed: Claimed
    until: datetime
    url: str


class SweepStatements:
    """What the sweeper does to the database; each call is a statement or few."""

    def __init__(self, engine: sa.Engine) -> None:
        self._is_sqlite = is_sqlite(engine)
        self._value = "?" if self._is_sqlite else "%s"

    def suspects(self, connection: sa.Connection, now: datetime, never: datetime) -> list[str]:
        """Endpoints whose count of what is under way is wrong, or with leases that are over.

        A lease can't end after `never`; takes no lock.
        """
        if not self._is_sqlite:
            rows = connection.exec_driver_sql(_SUSPECTS, (now, never))
            return [row[0] for row in rows]
        first, last = milliseconds(now), milliseconds(never)
        found = []
        connection.exec_driver_sql("BEGIN")
        for endpoint_id, count in connection.exec_driver_sql(_BUSY_ON_SQLITE).all():
            leases = connection.exec_driver_sql(_LEASES_ON_SQLITE, (endpoint_id, count)).all()
            if len(leases) != count or any(not first < until <= last for (until,) in leases):
                found.append(endpoint_id)
        connection.exec_driver_sql("COMMIT")
        return found

    def drifted(self, connection: sa.Connection) -> list[str]:
        """Endpoints with more under lease than they count; reads all that waits."""
        return [row[0] for row in connection.exec_driver_sql(_DRIFTED)]

    def leases(self, connection: sa.Connection, endpoint_id: str) -> list[Lease]:
        """All that is under lease for an endpoint whose line is locked."""
        rows = connection.exec_driver_sql(self._put(_LEASES), (endpoint_id,))
        return list(self._leases(rows))

    def _leases(self, rows: Any) -> Iterator[Lease]:
        for row in rows:
            created_at, lease, until, url = row[12:]
            if self._is_sqlite:
                created_at, until = from_milliseconds(created_at), from_milliseconds(until)
            yield Lease(Claimed._make((*row[:12], created_at, lease, 0, 0.0, 0.0)), until, url)

    def count(self, connection: sa.Connection, endpoint_id: str, in_flight: int) -> None:
        """Set how much is under way."""
        connection.exec_driver_sql(self._put(_COUNT), (in_flight, endpoint_id))

    def idle(self, connection: sa.Connection) -> list[str]:
        """Endpoints that nothing is sent to, though something waits."""
        return [row[0] for row in connection.exec_driver_sql(_IDLE)]

    def skip(self, connection: sa.Connection, endpoint_id: str, most: int, now: datetime) -> int:
        """Let what waits for an endpoint wait no more, unless it was just enabled; how many."""
        is_enabled = self._put(_IS_ENABLED, "FOR UPDATE")
        if connection.exec_driver_sql(is_enabled, (endpoint_id,)).scalar():
            return 0
        statement = self._put(_SKIP, "FOR UPDATE SKIP LOCKED")
        return int(
            connection.exec_driver_sql(statement, (self._moment(now), endpoint_id, most)).rowcount
        )

    def forget_hosts(self, connection: sa.Connection, before: datetime) -> None:
        """Delete hosts that nothing was sent to lately."""
        connection.exec_driver_sql(self._put(_FORGET_HOSTS), (self._moment(before),))

    def _moment(self, moment: datetime) -> Any:
        return milliseconds(moment) if self._is_sqlite else moment

    def _put(self, statement: str, lock: str = "") -> str:
        return statement.format(value=self._value, lock="" if self._is_sqlite else lock)
