"""How claims read and write, on SQLite and on PostgreSQL; for all workspaces.

On PostgreSQL the number of statements is fixed, whatever they find; on SQLite, where a statement is
a function call, there is one per endpoint that is served.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import orjson
import sqlalchemy as sa

from anthyx_server.clock import from_milliseconds, milliseconds
from anthyx_server.webhooks.engine.pacing import FARTHEST_SECONDS, HORIZON_SECONDS, Pace
from anthyx_server.webhooks.engine.retry import ASKED
from anthyx_server.webhooks.engine.work import Claimed, Found, Line, Wanted

# Of an endpoint whose breaker is half open, one delivery is under way at most.
_IS_OPEN = """
  e.status = 'enabled' AND e.deleted_at IS NULL
  AND q.in_flight < e.max_in_flight
  AND (q.paced_until IS NULL OR q.paced_until <= {soon} OR q.paced_until > {far})
"""
_IS_NOT_HELD = "(q.held_until IS NULL OR (q.held_until <= {now} AND q.in_flight = 0))"
_LINES = """
  FROM webhook_queues q JOIN webhook_endpoints e ON e.id = q.endpoint_id
"""
_LINE_COLUMNS = """
  q.endpoint_id, q.sequence, q.in_flight, e.max_in_flight, q.held_until, e.url, e.version,
  e.rate_per_second, q.paced_until
"""
_CLAIMED_COLUMNS = """
  d.id, d.workspace_id, d.mode, d.endpoint_id, d.event_id, d.event_type, d.sequence,
  d.attempts_made, d.round_attempts, d.trigger, d.status, d.recovery_id, d.created_at
"""
_ASKED = "d.trigger IN ('manual', 'test')"


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


def _times(now: datetime) -> tuple[datetime, datetime]:
    return (
        now + timedelta(seconds=HORIZON_SECONDS),
        now + timedelta(seconds=FARTHEST_SECONDS),
    )


class PostgresqlClaims:
    """On PostgreSQL. Times go in and out as they are; lists go in as one text each."""

    _FIND = f"""
WITH RECURSIVE heads AS (
  (SELECT d.endpoint_id, d.next_attempt_at FROM webhook_deliveries d
   WHERE d.next_attempt_at IS NOT NULL AND d.lease IS NULL
   ORDER BY d.endpoint_id, d.next_attempt_at LIMIT 1)
  UNION ALL
  SELECT n.endpoint_id, n.next_attempt_at FROM heads h CROSS JOIN LATERAL (
    SELECT d.endpoint_id, d.next_attempt_at FROM webhook_deliveries d
    WHERE d.next_attempt_at IS NOT NULL AND d.endpoint_id > h.endpoint_id AND d.lease IS NULL
    ORDER BY d.endpoint_id, d.next_attempt_at LIMIT 1) n
),
asked AS (
  SELECT DISTINCT d.endpoint_id FROM webhook_deliveries d
  WHERE d.next_attempt_at IS NOT NULL AND {_ASKED} AND d.next_attempt_at <= %(now)s
    AND d.lease IS NULL
),
found AS (
  SELECT q.endpoint_id, h.next_attempt_at AS floor, q.served_at
  FROM heads h JOIN webhook_queues q ON q.endpoint_id = h.endpoint_id
  JOIN webhook_endpoints e ON e.id = h.endpoint_id
  WHERE h.next_attempt_at <= %(now)s AND {_IS_OPEN.format(soon="%(soon)s", far="%(far)s")}
    AND {_IS_NOT_HELD.format(now="%(now)s")}
  UNION ALL
  SELECT q.endpoint_id, NULL, q.served_at
  FROM asked a JOIN webhook_queues q ON q.endpoint_id = a.endpoint_id
  JOIN webhook_endpoints e ON e.id = a.endpoint_id
  WHERE {_IS_OPEN.format(soon="%(soon)s", far="%(far)s")}
)
SELECT endpoint_id, floor FROM found ORDER BY served_at NULLS FIRST, endpoint_id LIMIT %(most)s
"""  # noqa: S608
    _LOCK = f"""
SELECT {_LINE_COLUMNS} {_LINES}
WHERE q.endpoint_id = ANY(string_to_array(%s, ',')) AND e.status = 'enabled'
  AND e.deleted_at IS NULL
FOR UPDATE OF q SKIP LOCKED
"""
    # The rows are named once more by the sub-select that locks them: LIMIT and UPDATE don't mix.
    _PICK = """
WITH wanted AS (
  SELECT * FROM unnest(
    string_to_array(%(ids)s, ','), string_to_array(%(floors)s, ',')::timestamptz[],
    string_to_array(%(quotas)s, ',')::int[], string_to_array(%(sequences)s, ',')::bigint[]
  ) AS w (endpoint_id, floor, quota, sequence)
),
picked AS MATERIALIZED (
  SELECT p.id, p.next_attempt_at, p.sequence, w.endpoint_id, w.sequence AS last
  FROM wanted w CROSS JOIN LATERAL (
    SELECT d.id, d.next_attempt_at, d.sequence FROM webhook_deliveries d
    WHERE d.endpoint_id = w.endpoint_id AND d.next_attempt_at <= %(now)s AND d.lease IS NULL
      AND {condition}
    ORDER BY d.next_attempt_at LIMIT w.quota FOR UPDATE OF d SKIP LOCKED
  ) p
),
numbered AS (
  SELECT id, last + count(*) FILTER (WHERE sequence IS NULL) OVER (
    PARTITION BY endpoint_id ORDER BY next_attempt_at, id) AS sequence
  FROM picked
)
UPDATE webhook_deliveries d SET
  lease = %(lease)s, leased_until = %(until)s, attempts_made = d.attempts_made + 1,
  round_attempts = d.round_attempts + CASE WHEN {asked} THEN 0 ELSE 1 END,
  sequence = COALESCE(d.sequence, n.sequence)
FROM numbered n WHERE d.id = n.id
RETURNING {columns}
"""
    _PICK_DUE = _PICK.format(
        condition="d.next_attempt_at >= w.floor", asked=_ASKED, columns=_CLAIMED_COLUMNS
    )
    _PICK_ASKED = _PICK.format(
        condition=f"d.next_attempt_at IS NOT NULL AND {_ASKED}",
        asked=_ASKED,
        columns=_CLAIMED_COLUMNS,
    )
    _SAVE_LINES = """
UPDATE webhook_queues q SET
  in_flight = v.in_flight, sequence = v.sequence, paced_until = v.paced_until, served_at = %(now)s
FROM unnest(
  string_to_array(%(ids)s, ','), string_to_array(%(in_flight)s, ',')::int[],
  string_to_array(%(sequences)s, ',')::bigint[],
  string_to_array(%(paced)s, ',', '')::timestamptz[]
) AS v (endpoint_id, in_flight, sequence, paced_until)
WHERE q.endpoint_id = v.endpoint_id
"""
    # Made where missing, and locked, in one order.
    _LOCK_HOSTS = """
INSERT INTO webhook_hosts AS h (host)
SELECT host FROM unnest(string_to_array(%s, ',')) AS host ORDER BY host
ON CONFLICT (host) DO UPDATE SET host = h.host RETURNING h.host, h.paced_until
"""
    _SAVE_HOSTS = """
UPDATE webhook_hosts h SET paced_until = v.paced_until
FROM unnest(string_to_array(%s, ','), string_to_array(%s, ',')::timestamptz[])
  AS v (host, paced_until)
WHERE h.host = v.host
"""

    def find(self, connection: sa.Connection, now: datetime, most: int) -> list[Found]:
        """As the protocol says."""
        soon, far = _times(now)
        given = {"now": now, "soon": soon, "far": far, "most": most}
        return [Found(*row) for row in connection.exec_driver_sql(self._FIND, given)]

    def lock_lines(
        self, connection: sa.Connection, endpoint_ids: Sequence[str], now: datetime
    ) -> list[Line]:
        """As the protocol says."""
        rows = connection.exec_driver_sql(self._LOCK, (",".join(endpoint_ids),))
        return [_line(row, now) for row in rows]

    def lock_hosts(self, connection: sa.Connection, hosts: Collection[str]) -> dict[str, Any]:
        """As the protocol says."""
        rows = connection.exec_driver_sql(self._LOCK_HOSTS, (",".join(sorted(hosts)),))
        return {row[0]: row[1] for row in rows}

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
        given = {
            "ids": ",".join(each.endpoint_id for each in wanted),
            "floors": ",".join(_text(now if each.floor is None else each.floor) for each in wanted),
            "quotas": ",".join(str(each.quota) for each in wanted),
            "sequences": ",".join(str(each.sequence) for each in wanted),
            "now": now,
            "lease": token,
            "until": until,
        }
        statement = self._PICK_ASKED if asked else self._PICK_DUE
        rows = connection.exec_driver_sql(statement, given)
        return [Claimed._make((*row, token, 0, 0.0)) for row in rows]

    def save(
        self,
        connection: sa.Connection,
        lines: Sequence[Line],
        hosts: Mapping[str, Pace],
        now: datetime,
    ) -> None:
        """As the protocol says."""
        given = {
            "ids": ",".join(line.endpoint_id for line in lines),
            "in_flight": ",".join(str(line.in_flight) for line in lines),
            "sequences": ",".join(str(line.sequence) for line in lines),
            "paced": ",".join(_text(line.pace.paced_until()) for line in lines),
            "now": now,
        }
        connection.exec_driver_sql(self._SAVE_LINES, given)
        if hosts:
            times = ",".join(_text(pace.paced_until()) for pace in hosts.values())
            connection.exec_driver_sql(self._SAVE_HOSTS, (",".join(hosts), times))


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
  WHERE h.floor IS NOT NULL AND {_IS_OPEN.format(soon=":soon", far=":far")}
    AND {_IS_NOT_HELD.format(now=":now")}
  UNION ALL
  SELECT q.endpoint_id, NULL, q.served_at
  FROM (SELECT DISTINCT d.endpoint_id
    FROM webhook_deliveries d INDEXED BY ix_webhook_deliveries_asked
    WHERE d.next_attempt_at IS NOT NULL AND {_ASKED} AND d.next_attempt_at <= :now
      AND d.lease IS NULL) a
  CROSS JOIN webhook_queues q ON q.endpoint_id = a.endpoint_id
  CROSS JOIN webhook_endpoints e ON e.id = a.endpoint_id
  WHERE {_IS_OPEN.format(soon=":soon", far=":far")}
)
SELECT endpoint_id, floor FROM found ORDER BY served_at, endpoint_id LIMIT :most
"""  # noqa: S608
    _LOCK = f"""
SELECT {_LINE_COLUMNS} {_LINES}
WHERE q.endpoint_id IN (SELECT value FROM json_each(?)) AND e.status = 'enabled'
  AND e.deleted_at IS NULL
"""  # noqa: S608
    _PICK_DUE = f"""
SELECT {_CLAIMED_COLUMNS} FROM webhook_deliveries d
WHERE d.endpoint_id = ? AND d.next_attempt_at BETWEEN ? AND ? AND d.lease IS NULL
ORDER BY d.next_attempt_at LIMIT ?
"""  # noqa: S608
    _PICK_ASKED = f"""
SELECT {_CLAIMED_COLUMNS} FROM webhook_deliveries d INDEXED BY ix_webhook_deliveries_asked
WHERE d.endpoint_id = ? AND d.next_attempt_at BETWEEN ? AND ? AND {_ASKED} AND d.lease IS NULL
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
        soon, far = _times(now)
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
        return [_line((*row[:4], _time(row[4]), *row[5:8], _time(row[8])), now) for row in rows]

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
            (line.in_flight, line.sequence, _ms(line.pace.paced_until()), moment, line.endpoint_id)
            for line in lines
        ]
        connection.exec_driver_sql(self._SAVE_LINE, rows)
        if hosts:
            kept = [(host, _ms(pace.paced_until())) for host, pace in hosts.items()]
            connection.exec_driver_sql(self._SAVE_HOST, kept)


def _line(row: Any, now: datetime) -> Line:
    pace = Pace.of(row[7], row[8], now.timestamp())
    return Line(row[0], row[1], row[2], row[3], row[4], row[5], row[6], pace)


def _numbered(rows: Any, last: int, token: str) -> Iterator[Claimed]:
    """The rows as their attempts see them; those without a number get the next ones."""
    numbers = itertools.count(last + 1)
    for row in rows:
        claimed = Claimed._make((*row[:12], from_milliseconds(row[12]), token, 0, 0.0))
        yield claimed._replace(
            sequence=next(numbers) if row[6] is None else row[6],
            number=claimed.number + 1,
            round_attempts=claimed.round_attempts + (claimed.trigger not in ASKED),
        )


def _text(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat()


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else milliseconds(moment)


def _time(value: int | None) -> datetime | None:
    return None if value is None else from_milliseconds(value)


def _json(values: Collection[str]) -> str:
    return orjson.dumps(list(values)).decode()
