"""Claims on SQLite: a statement is a function call there, so there is one per endpoint served."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from anthyx_server.clock import from_milliseconds, milliseconds
from anthyx_server.webhooks.engine.claim_statements import (
    ASKED_ROWS,
    CLAIMED_COLUMNS,
    IS_NOT_HELD,
    IS_OPEN,
    LINE_COLUMNS,
    LINES,
    line,
    times,
)
from anthyx_server.webhooks.engine.pacing import Pace
from anthyx_server.webhooks.engine.retry import ASKED
from anthyx_server.webhooks.engine.work import Claimed, Found, Line, Wanted


class SqliteClaims:
    """On SQLite: times are Unix milliseconds, and the transaction is the only one that writes."""

    _FIND = f"""
WITH RECURSIVE heads (endpoint_id) AS (
  SELECT * FROM (SELECT d.endpoint_id FROM webhook_deliveries d
   WHERE d.next_attempt_at IS NOT NULL ORDER BY d.endpoint_id LIMIT 1)
  UNION ALL
  SELECT (SELECT d.endpoint_id FROM webhook_deliveries d
    WHERE d.next_attempt_at IS NOT NULL AND d.endpoint_id > h.endpoint_id
    ORDER BY d.endpoint_id LIMIT 1)
  FROM heads h WHERE h.endpoint_id IS NOT NULL
),
due AS (
  SELECT h.endpoint_id, (SELECT d.next_attempt_at FROM webhook_deliveries d
    WHERE d.endpoint_id = h.endpoint_id AND d.next_attempt_at <= :now AND d.lease IS NULL
    ORDER BY d.next_attempt_at LIMIT 1) AS floor
  FROM heads h WHERE h.endpoint_id IS NOT NULL
),
found AS (
  SELECT q.endpoint_id, h.floor, q.served_at
  FROM due h CROSS JOIN webhook_queues q ON q.endpoint_id = h.endpoint_id
  CROSS JOIN webhook_endpoints e ON e.id = h.endpoint_id
  WHERE h.floor IS NOT NULL AND {IS_OPEN.format(soon=":soon", far=":far")}
    AND {IS_NOT_HELD.format(now=":now")}
  UNION ALL
  SELECT q.endpoint_id, NULL, q.served_at
  FROM (SELECT DISTINCT d.endpoint_id
    FROM webhook_deliveries d INDEXED BY ix_webhook_deliveries_asked
    WHERE d.next_attempt_at IS NOT NULL AND {ASKED_ROWS} AND d.next_attempt_at <= :now
      AND d.lease IS NULL) a
  CROSS JOIN webhook_queues q ON q.endpoint_id = a.endpoint_id
  CROSS JOIN webhook_endpoints e ON e.id = a.endpoint_id
  WHERE {IS_OPEN.format(soon=":soon", far=":far")}
)
SELECT endpoint_id, floor FROM found ORDER BY served_at, endpoint_id LIMIT :most
"""  # noqa: S608
    _LOCK = f"""
SELECT {LINE_COLUMNS} {LINES}
WHERE q.endpoint_id IN (SELECT value FROM json_each(?)) AND e.status = 'enabled'
  AND e.deleted_at IS NULL
"""  # noqa: S608
    _PICK_DUE = f"""
SELECT {CLAIMED_COLUMNS} FROM webhook_deliveries d
WHERE d.endpoint_id = ? AND d.next_attempt_at BETWEEN ? AND ? AND d.lease IS NULL
ORDER BY d.next_attempt_at LIMIT ?
"""  # noqa: S608
    _PICK_ASKED = f"""
SELECT {CLAIMED_COLUMNS} FROM webhook_deliveries d INDEXED BY ix_webhook_deliveries_asked
WHERE d.endpoint_id = ? AND d.next_attempt_at BETWEEN ? AND ? AND {ASKED_ROWS} AND d.lease IS NULL
ORDER BY d.next_attempt_at LIMIT ?
"""  # noqa: S608
    _LEASE = """
UPDATE webhook_deliveries SET lease = ?, leased_until = ?, attempts_made = ?, round_attempts = ?,
  sequence = ? WHERE id = ?
"""
    _SAVE_LINE = """
UPDATE webhook_queues SET in_flight = ?, sequence = ?, paced_until = ?, served_at = ?
WHERE endpoint_id = ?
"""
    _HOSTS = """
SELECT host, paced_until FROM webhook_hosts WHERE host IN (SELECT value FROM json_each(?))
"""
    _SAVE_HOST = """
INSERT INTO webhook_hosts (host, paced_until) VALUES (?, ?)
ON CONFLICT (host) DO UPDATE SET paced_until = excluded.paced_until
"""

    def find(self, connection: sa.Connection, now: datetime, most: int) -> list[Found]:
        """As the protocol says."""
        soon, far = times(now)
        given = {
            "now": milliseconds(now),
            "soon": milliseconds(soon),
            "far": milliseconds(far),
            "most": most,
        }
        return [Found(*row) for row in connection.exec_driver_sql(self._FIND, given)]

    def lock_lines(
        self, connection: sa.Connection, endpoint_ids: Sequence[str], now: datetime
    ) -> list[Line]:
        """As the protocol says."""
        rows = connection.exec_driver_sql(self._LOCK, (_json(endpoint_ids),))
        return [line((*row[:4], _time(row[4]), *row[5:8], _time(row[8])), now) for row in rows]

    def lock_hosts(self, connection: sa.Connection, hosts: Collection[str]) -> dict[str, Any]:
        """As the protocol says."""
        rows = connection.exec_driver_sql(self._HOSTS, (_json(hosts),))
        return {host: _time(paced_until) for host, paced_until in rows}

    def pick(
        self,
        connection: sa.Connection,
        wanted: Sequence[Wanted],
        lease: tuple[str, datetime, datetime],
        *,
        asked: bool,
    ) -> list[Claimed]:
        """As the protocol says."""
        token, now, until = lease
        end = milliseconds(now)
        claimed: list[Claimed] = []
        statement = self._PICK_ASKED if asked else self._PICK_DUE
        for each in wanted:
            start = 0 if asked else each.floor
            given = (each.endpoint_id, start, end, each.quota)
            rows = connection.exec_driver_sql(statement, given)
            claimed += _numbered(rows, each.sequence, token)
        if claimed:
            leases = [
                (token, milliseconds(until), one.number, one.round_attempts, one.sequence, one.id)
                for one in claimed
            ]
            connection.exec_driver_sql(self._LEASE, leases)
        return claimed

    def save(
        self,
        connection: sa.Connection,
        lines: Sequence[Line],
        hosts: Mapping[str, Pace],
        now: datetime,
    ) -> None:
        """As the protocol says."""
        moment = milliseconds(now)
        rows = [
            (each.in_flight, each.sequence, _ms(each.pace.paced_until()), moment, each.endpoint_id)
            for each in lines
        ]
        connection.exec_driver_sql(self._SAVE_LINE, rows)
        if hosts:
            kept = [(host, _ms(pace.paced_until())) for host, pace in hosts.items()]
            connection.exec_driver_sql(self._SAVE_HOST, kept)


def _numbered(rows: Any, last: int, token: str) -> Iterator[Claimed]:
    """The rows as their attempts see them; those without a number get the next ones."""
    numbers = itertools.count(last + 1)
    for row in rows:
        claimed = Claimed._make((*row[:12], from_milliseconds(row[12]), token, 0, 0.0, 0.0))
        yield claimed._replace(
            sequence=next(numbers) if row[6] is None else row[6],
            number=claimed.number + 1,
            round_attempts=claimed.round_attempts + (claimed.trigger not in ASKED),
        )


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else milliseconds(moment)


def _time(value: int | None) -> datetime | None:
    return None if value is None else from_milliseconds(value)


def _json(values: Collection[str]) -> str:
    return orjson.dumps(list(values)).decode()
