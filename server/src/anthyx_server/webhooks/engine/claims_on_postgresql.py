"""Claims on PostgreSQL: the number of statements is fixed, whatever they find."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

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
from anthyx_server.webhooks.engine.work import Claimed, Found, Line, Wanted


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
  WHERE d.next_attempt_at IS NOT NULL AND {ASKED_ROWS} AND d.next_attempt_at <= %(now)s
    AND d.lease IS NULL
),
found AS (
  SELECT q.endpoint_id, h.next_attempt_at AS floor, q.served_at
  FROM heads h JOIN webhook_queues q ON q.endpoint_id = h.endpoint_id
  JOIN webhook_endpoints e ON e.id = h.endpoint_id
  WHERE h.next_attempt_at <= %(now)s AND {IS_OPEN.format(soon="%(soon)s", far="%(far)s")}
    AND {IS_NOT_HELD.format(now="%(now)s")}
  UNION ALL
  SELECT q.endpoint_id, NULL, q.served_at
  FROM asked a JOIN webhook_queues q ON q.endpoint_id = a.endpoint_id
  JOIN webhook_endpoints e ON e.id = a.endpoint_id
  WHERE {IS_OPEN.format(soon="%(soon)s", far="%(far)s")}
)
SELECT endpoint_id, floor FROM found ORDER BY served_at NULLS FIRST, endpoint_id LIMIT %(most)s
"""  # noqa: S608
    _LOCK = f"""
SELECT {LINE_COLUMNS} {LINES}
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
        condition="d.next_attempt_at >= w.floor", asked=ASKED_ROWS, columns=CLAIMED_COLUMNS
    )
    _PICK_ASKED = _PICK.format(
        condition=f"d.next_attempt_at IS NOT NULL AND {ASKED_ROWS}",
        asked=ASKED_ROWS,
        columns=CLAIMED_COLUMNS,
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
    _LOCK_HOSTS = """
SELECT host, paced_until FROM webhook_hosts WHERE host = ANY(string_to_array(%s, ','))
ORDER BY host FOR UPDATE
"""
    _ADD_HOSTS = """
INSERT INTO webhook_hosts (host)
SELECT host FROM unnest(string_to_array(%s, ',')) AS host ORDER BY host ON CONFLICT DO NOTHING
"""
    _SAVE_HOSTS = """
UPDATE webhook_hosts h SET paced_until = v.paced_until
FROM unnest(string_to_array(%s, ','), string_to_array(%s, ',')::timestamptz[])
  AS v (host, paced_until)
WHERE h.host = v.host
"""

    def find(self, connection: sa.Connection, now: datetime, most: int) -> list[Found]:
        """As the protocol says."""
        soon, far = times(now)
        given = {"now": now, "soon": soon, "far": far, "most": most}
        return [Found(*row) for row in connection.exec_driver_sql(self._FIND, given).all()]

    def lock_lines(
        self, connection: sa.Connection, endpoint_ids: Sequence[str], now: datetime
    ) -> list[Line]:
        """As the protocol says."""
        rows = connection.exec_driver_sql(self._LOCK, (",".join(endpoint_ids),)).all()
        return [line(row, now) for row in rows]

    def lock_hosts(self, connection: sa.Connection, hosts: Collection[str]) -> dict[str, Any]:
        """As the protocol says."""
        names = (",".join(sorted(hosts)),)
        found = dict(map(tuple, connection.exec_driver_sql(self._LOCK_HOSTS, names).all()))
        if len(found) < len(hosts):
            connection.exec_driver_sql(self._ADD_HOSTS, names)
            found = dict(map(tuple, connection.exec_driver_sql(self._LOCK_HOSTS, names).all()))
        return found

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
        rows = connection.exec_driver_sql(statement, given).all()
        return [Claimed._make((*row, token, 0, 0.0, 0.0)) for row in rows]

    def save(
        self,
        connection: sa.Connection,
        lines: Sequence[Line],
        hosts: Mapping[str, Pace],
        now: datetime,
    ) -> None:
        """As the protocol says."""
        given = {
            "ids": ",".join(each.endpoint_id for each in lines),
            "in_flight": ",".join(str(each.in_flight) for each in lines),
            "sequences": ",".join(str(each.sequence) for each in lines),
            "paced": ",".join(_text(each.pace.paced_until()) for each in lines),
            "now": now,
        }
        connection.exec_driver_sql(self._SAVE_LINES, given)
        if hosts:
            times = ",".join(_text(pace.paced_until()) for pace in hosts.values())
            connection.exec_driver_sql(self._SAVE_HOSTS, (",".join(hosts), times))


def _text(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat()
