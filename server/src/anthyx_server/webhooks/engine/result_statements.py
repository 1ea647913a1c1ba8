"""How results are written, on SQLite and on PostgreSQL; for all workspaces.

The number of statements is fixed, whatever the number of results.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import orjson
import sqlalchemy as sa

from anthyx_server.clock import from_milliseconds, milliseconds
from anthyx_server.webhooks.engine.health import Health
from anthyx_server.webhooks.engine.retry import Verdict
from anthyx_server.webhooks.engine.work import Claimed, Finished

_HEALTH = """
SELECT endpoint_id, held_until, failing_since, consecutive_failures, last_success_at, last_failure
FROM webhook_queues
"""
_UNCOUNTED = """
  attempts_made = attempts_made - 1, round_attempts = round_attempts
    - CASE WHEN trigger IN ('manual', 'test') THEN 0 ELSE 1 END
"""
_ATTEMPT = (
    "workspace_id", "mode", "id", "delivery_id", "endpoint_id", "number", "sequence", "trigger",
    "url", "started_at", "duration_ms", "dns_ms", "connect_ms", "tls_ms", "first_byte_ms",
    "peer_address", "signatures", "custom_headers", "status_code", "error_code", "error_detail",
    "response_headers", "response_body",
)  # fmt: skip


class ResultStatements(Protocol):
    """What results do to the database."""

    def lock_health(
        self, connection: sa.Connection, endpoint_ids: Sequence[str]
    ) -> dict[str, Health]:
        """Lock lines in the order of their ids and read their health."""

    def lock_line(self, connection: sa.Connection, endpoint_id: str) -> int | None:
        """Lock one line and read how much is under way; None where there is no line."""

    def finish(
        self, connection: sa.Connection, verdicts: Sequence[tuple[Claimed, Verdict]], now: datetime
    ) -> set[tuple[str, str]]:
        """End leases; the deliveries and leases that were still held."""

    def keep_attempts(
        self, connection: sa.Connection, attempts: Sequence[tuple[str, Finished]]
    ) -> None:
        """Insert attempts, each with its id."""

    def save_health(
        self,
        connection: sa.Connection,
        ended: Mapping[str, int],
        health: Mapping[str, Health],
    ) -> None:
        """Keep the health of endpoints, so many of whose deliveries are not under way any more."""

    def give_back(
        self, connection: sa.Connection, unsent: Sequence[Claimed]
    ) -> set[tuple[str, str]]:
        """Undo claims; the deliveries and leases that were still held."""

    def leave(self, connection: sa.Connection, ended: Mapping[str, int]) -> None:
        """Count deliveries that are not under way any more."""


class PostgresqlResults:
    """On PostgreSQL: lists go in as one text each, attempts by COPY."""

    _LOCK = f"""
{_HEALTH} WHERE endpoint_id = ANY(string_to_array(%s, ',')) ORDER BY endpoint_id FOR UPDATE
"""
    _LOCK_ONE = "SELECT in_flight FROM webhook_queues WHERE endpoint_id = %s FOR UPDATE"
    # By id, as every transaction locks deliveries.
    _FINISH = """
UPDATE webhook_deliveries d SET
  status = v.status, trigger = v.trigger,
  next_attempt_at = CASE WHEN v.given_back = 1
    THEN coalesce(v.next_attempt_at, d.next_attempt_at) ELSE v.next_attempt_at END,
  lease = NULL, leased_until = NULL, round_attempts = d.round_attempts - v.given_back,
  completed_at = CASE WHEN v.is_completed = 1 THEN %(now)s ELSE d.completed_at END
FROM (
  SELECT * FROM unnest(
    string_to_array(%(ids)s, ','), string_to_array(%(leases)s, ','),
    string_to_array(%(statuses)s, ','), string_to_array(%(triggers)s, ','),
    string_to_array(%(times)s, ',', '')::timestamptz[],
    string_to_array(%(completed)s, ',')::int[], string_to_array(%(given_back)s, ',')::int[]
  ) AS v (id, lease, status, trigger, next_attempt_at, is_completed, given_back)
) v
WHERE d.id = v.id AND d.lease = v.lease
RETURNING d.id, v.lease
"""
    _COPY = f"COPY webhook_attempts ({', '.join(_ATTEMPT)}) FROM STDIN"
    _SAVE = """
UPDATE webhook_queues q SET
  in_flight = greatest(q.in_flight - v.ended, 0), held_until = v.held_until,
  failing_since = v.failing_since, consecutive_failures = v.failures,
  last_success_at = v.success_at, last_failure = coalesce(f.last_failure, q.last_failure)
FROM unnest(
  string_to_array(%(ids)s, ','), string_to_array(%(ended)s, ',')::int[],
  string_to_array(%(held)s, ',', '')::timestamptz[],
  string_to_array(%(failing)s, ',', '')::timestamptz[],
  string_to_array(%(failures)s, ',')::int[],
  string_to_array(%(success)s, ',', '')::timestamptz[]
) AS v (endpoint_id, ended, held_until, failing_since, failures, success_at)
LEFT JOIN jsonb_each(%(last)s::jsonb) AS f (endpoint_id, last_failure)
  ON f.endpoint_id = v.endpoint_id
WHERE q.endpoint_id = v.endpoint_id
"""
    _GIVE_BACK = f"""
UPDATE webhook_deliveries d SET lease = NULL, leased_until = NULL, {_UNCOUNTED}
FROM unnest(string_to_array(%s, ','), string_to_array(%s, ',')) AS v (id, lease)
WHERE d.id = v.id AND d.lease = v.lease
RETURNING d.id, v.lease
"""  # noqa: S608
    _LEAVE = """
UPDATE webhook_queues q SET in_flight = greatest(q.in_flight - v.ended, 0)
FROM unnest(string_to_array(%s, ','), string_to_array(%s, ',')::int[]) AS v (endpoint_id, ended)
WHERE q.endpoint_id = v.endpoint_id
"""

    def lock_health(
        self, connection: sa.Connection, endpoint_ids: Sequence[str]
    ) -> dict[str, Health]:
        """As the protocol says."""
        rows = connection.exec_driver_sql(self._LOCK, (",".join(endpoint_ids),))
        return {endpoint_id: Health(*rest) for endpoint_id, *rest in rows}

    def lock_line(self, connection: sa.Connection, endpoint_id: str) -> int | None:
        """As the protocol says."""
        found: int | None = connection.exec_driver_sql(self._LOCK_ONE, (endpoint_id,)).scalar()
        return found

    def finish(
        self, connection: sa.Connection, verdicts: Sequence[tuple[Claimed, Verdict]], now: datetime
    ) -> set[tuple[str, str]]:
        """As the protocol says."""
        given = {
            "ids": ",".join(claimed.id for claimed, _ in verdicts),
            "leases": ",".join(claimed.lease for claimed, _ in verdicts),
            "statuses": ",".join(verdict.status for _, verdict in verdicts),
            "triggers": ",".join(verdict.trigger for _, verdict in verdicts),
            "times": ",".join(_text(verdict.next_attempt_at) for _, verdict in verdicts),
            "completed": ",".join("01"[verdict.is_completed] for _, verdict in verdicts),
            "given_back": ",".join("01"[verdict.is_given_back] for _, verdict in verdicts),
            "now": now,
        }
        return {(row[0], row[1]) for row in connection.exec_driver_sql(self._FINISH, given).all()}

    def keep_attempts(
        self, connection: sa.Connection, attempts: Sequence[tuple[str, Finished]]
    ) -> None:
        """As the protocol says."""
        driver: Any = connection.connection.driver_connection
        refused: Any = connection.dialect.loaded_dbapi.DataError
        try:
            with driver.cursor() as cursor, cursor.copy(self._COPY) as copy:
                for attempt_id, finished in attempts:
                    copy.write_row(_row(attempt_id, finished, finished.started_at))
        except refused as error:
            # Without its cause, which would quote the row.
            raise ValueError(type(error).__name__) from None

    def save_health(
        self,
        connection: sa.Connection,
        ended: Mapping[str, int],
        health: Mapping[str, Health],
    ) -> None:
        """As the protocol says."""
        kept = [health[endpoint_id] for endpoint_id in ended]
        failures = {
            endpoint_id: health[endpoint_id].last_failure
            for endpoint_id in ended
            if health[endpoint_id].last_failure is not None
        }
        given = {
            "ids": ",".join(ended),
            "ended": ",".join(map(str, ended.values())),
            "held": ",".join(_text(each.held_until) for each in kept),
            "failing": ",".join(_text(each.failing_since) for each in kept),
            "failures": ",".join(str(each.consecutive_failures) for each in kept),
            "success": ",".join(_text(each.last_success_at) for each in kept),
            "last": orjson.dumps(failures).decode(),
        }
        connection.exec_driver_sql(self._SAVE, given)

    def give_back(
        self, connection: sa.Connection, unsent: Sequence[Claimed]
    ) -> set[tuple[str, str]]:
        """As the protocol says."""
        given = (",".join(each.id for each in unsent), ",".join(each.lease for each in unsent))
        return {(row[0], row[1]) for row in connection.exec_driver_sql(self._GIVE_BACK, given)}

    def leave(self, connection: sa.Connection, ended: Mapping[str, int]) -> None:
        """As the protocol says."""
        given = (",".join(ended), ",".join(map(str, ended.values())))
        connection.exec_driver_sql(self._LEAVE, given)


class SqliteResults:
    """On SQLite: times are Unix milliseconds; statements run once for all rows."""

    _READ = f"{_HEALTH} WHERE endpoint_id IN (SELECT value FROM json_each(?))"  # noqa: S608
    _LOCK_ONE = "SELECT in_flight FROM webhook_queues WHERE endpoint_id = ?"
    _HELD = """
SELECT d.id, d.lease FROM json_each(?) v CROSS JOIN webhook_deliveries d
  ON d.id = json_extract(v.value, '$[0]')
WHERE d.lease = json_extract(v.value, '$[1]')
"""
    _FINISH = """
UPDATE webhook_deliveries SET
  status = ?1, "trigger" = ?2, lease = NULL, leased_until = NULL,
  next_attempt_at = CASE WHEN ?4 = 1 THEN coalesce(?3, next_attempt_at) ELSE ?3 END,
  round_attempts = round_attempts - ?4, completed_at = coalesce(?5, completed_at)
WHERE id = ?6
"""
    _INSERT = f"""
INSERT INTO webhook_attempts ({", ".join(f'"{name}"' for name in _ATTEMPT)})
VALUES ({", ".join("?" for _ in _ATTEMPT)})
"""  # noqa: S608
    _SAVE = """
UPDATE webhook_queues SET
  in_flight = max(in_flight - ?, 0), held_until = ?, failing_since = ?, consecutive_failures = ?,
  last_success_at = ?, last_failure = ?
WHERE endpoint_id = ?
"""
    _GIVE_BACK = f"""
UPDATE webhook_deliveries SET lease = NULL, leased_until = NULL, {_UNCOUNTED} WHERE id = ?
"""  # noqa: S608
    _LEAVE = "UPDATE webhook_queues SET in_flight = max(in_flight - ?, 0) WHERE endpoint_id = ?"

    def lock_health(
        self, connection: sa.Connection, endpoint_ids: Sequence[str]
    ) -> dict[str, Health]:
        """As the protocol says; the transaction is the only one that writes."""
        given = (orjson.dumps(list(endpoint_ids)).decode(),)
        return {
            row[0]: Health(
                _time(row[1]),
                _time(row[2]),
                row[3],
                _time(row[4]),
                None if row[5] is None else orjson.loads(row[5]),
            )
            for row in connection.exec_driver_sql(self._READ, given)
        }

    def lock_line(self, connection: sa.Connection, endpoint_id: str) -> int | None:
        """As the protocol says."""
        found: int | None = connection.exec_driver_sql(self._LOCK_ONE, (endpoint_id,)).scalar()
        return found

    def finish(
        self, connection: sa.Connection, verdicts: Sequence[tuple[Claimed, Verdict]], now: datetime
    ) -> set[tuple[str, str]]:
        """As the protocol says."""
        leases = [(claimed.id, claimed.lease) for claimed, _ in verdicts]
        rows = connection.exec_driver_sql(self._HELD, (orjson.dumps(leases).decode(),))
        held = {(row[0], row[1]) for row in rows}
        moment = milliseconds(now)
        given = [
            (
                verdict.status,
                verdict.trigger,
                _ms(verdict.next_attempt_at),
                int(verdict.is_given_back),
                moment if verdict.is_completed else None,
                claimed.id,
            )
            for claimed, verdict in verdicts
            if (claimed.id, claimed.lease) in held
        ]
        if given:
            connection.exec_driver_sql(self._FINISH, given)
        return held

    def keep_attempts(
        self, connection: sa.Connection, attempts: Sequence[tuple[str, Finished]]
    ) -> None:
        """As the protocol says."""
        given = [
            _row(attempt_id, finished, milliseconds(finished.started_at))
            for attempt_id, finished in attempts
        ]
        connection.exec_driver_sql(self._INSERT, given)

    def save_health(
        self,
        connection: sa.Connection,
        ended: Mapping[str, int],
        health: Mapping[str, Health],
    ) -> None:
        """As the protocol says."""
        given = []
        for endpoint_id, count in ended.items():
            each = health[endpoint_id]
            last = None if each.last_failure is None else orjson.dumps(each.last_failure).decode()
            given.append(
                (
                    count,
                    _ms(each.held_until),
                    _ms(each.failing_since),
                    each.consecutive_failures,
                    _ms(each.last_success_at),
                    last,
                    endpoint_id,
                )
            )
        connection.exec_driver_sql(self._SAVE, given)

    def give_back(
        self, connection: sa.Connection, unsent: Sequence[Claimed]
    ) -> set[tuple[str, str]]:
        """As the protocol says."""
        held = self._held(connection, unsent)
        if held:
            connection.exec_driver_sql(self._GIVE_BACK, [(delivery_id,) for delivery_id, _ in held])
        return held

    def leave(self, connection: sa.Connection, ended: Mapping[str, int]) -> None:
        """As the protocol says."""
        given = [(count, endpoint_id) for endpoint_id, count in ended.items()]
        connection.exec_driver_sql(self._LEAVE, given)

    def _held(self, connection: sa.Connection, claimed: Sequence[Claimed]) -> set[tuple[str, str]]:
        leases = [(each.id, each.lease) for each in claimed]
        rows = connection.exec_driver_sql(self._HELD, (orjson.dumps(leases).decode(),))
        return {(row[0], row[1]) for row in rows}


def _row(attempt_id: str, finished: Finished, started_at: Any) -> tuple[Any, ...]:
    """The attempt, in the order of `_ATTEMPT`."""
    claimed = finished.claimed
    return (
        claimed.workspace_id,
        claimed.mode,
        attempt_id,
        claimed.id,
        claimed.endpoint_id,
        claimed.number,
        claimed.sequence,
        claimed.trigger,
        finished.url,
        started_at,
        finished.duration_ms,
        *finished.phases,
        finished.peer_address,
        finished.signatures,
        finished.header_names,
        finished.status_code,
        finished.error_code,
        finished.error_detail,
        finished.response_headers,
        finished.response_body,
    )


def _text(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat()


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else milliseconds(moment)


def _time(value: int | None) -> datetime | None:
    return None if value is None else from_milliseconds(value)
