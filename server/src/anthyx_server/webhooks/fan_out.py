"""Fan-out: one delivery per event and endpoint, in the transaction that publishes the event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
import sqlalchemy as sa

from anthyx_server import clock
from anthyx_server.db import UTCTime, is_sqlite
from anthyx_server.events import Event
from anthyx_server.webhooks.waking import wake_at_commit

# Goes to the endpoint under test, by whoever tests it.
_UNTOLD = "webhook_endpoint.test"
# What tells of an endpoint is of no use to that endpoint.
_DISABLED = "webhook_endpoint.disabled"
# Only who names this family is told of it.
_NAMED_ONLY = "api_key"


def fan_out(connection: sa.Connection, events: Sequence[Event]) -> None:
    """Insert the deliveries of events that were just numbered; connected to `events.numbered`.

    A disabled endpoint is given its deliveries as `skipped`: they are what it missed.
    """
    statement = _ON_SQLITE if is_sqlite(connection) else _ON_POSTGRESQL
    are_pending = False
    for event in events:
        if event.type == _UNTOLD:
            continue
        rows = connection.execute(statement, _values(event, on_sqlite=statement is _ON_SQLITE))
        are_pending |= any(status == "pending" for (status,) in rows)
    if are_pending:
        wake_at_commit()


def patterns(event_type: str) -> list[str]:
    """What an endpoint may have subscribed to that means this type."""
    family = event_type.partition(".")[0]
    named = [event_type, f"{family}.*"]
    return named if family == _NAMED_ONLY else [*named, "*"]


def _values(event: Event, *, on_sqlite: bool) -> dict[str, Any]:
    wanted = patterns(event.type)
    return {
        "workspace_id": event.workspace_id,
        "mode": event.mode,
        "event_id": event.id,
        "event_type": event.type,
        "brand_id": event.brand_id,
        "moment": event.created_at,
        # When it was skipped, which may be long after it was made: with its transaction's commit.
        "now": clock.now(),
        "start": f"dlv_{event.id[4:14]}",
        "patterns": orjson.dumps(wanted).decode() if on_sqlite else wanted,
        "but": orjson.loads(event.body)["subject"]["id"] if event.type == _DISABLED else "",
    }


# An id starts with the time of the event's own, and goes on with 64 (60) random bits.
_STATEMENT = """
INSERT INTO webhook_deliveries (
  workspace_id, mode, id, endpoint_id, event_id, event_type, brand_id,
  status, "trigger", attempts_made, round_attempts, next_attempt_at, created_at, completed_at
)
SELECT
  workspace_id, mode, {id}, id,
  CAST(:event_id AS text), CAST(:event_type AS text), CAST(:brand_id AS text),
  CASE status WHEN 'enabled' THEN 'pending' ELSE 'skipped' END, 'automatic', 0, 0,
  CASE status WHEN 'enabled' THEN :moment END, :moment,
  CASE WHEN status <> 'enabled' THEN :now END
FROM webhook_endpoints AS endpoint
WHERE workspace_id = :workspace_id AND mode = :mode AND deleted_at IS NULL AND id <> :but
  AND {has_type} AND (brand_ids IS NULL OR {has_brand})
RETURNING status
"""
_TIMES = [sa.bindparam(name, type_=UTCTime()) for name in ("moment", "now")]
_ON_SQLITE = sa.text(
    _STATEMENT.format(
        id=":start || lower(hex(randomblob(8)))",
        has_type="EXISTS (SELECT 1 FROM json_each(event_types) AS own, json_each(:patterns) AS"
        " wanted WHERE own.value = wanted.value)",
        has_brand="EXISTS (SELECT 1 FROM json_each(brand_ids) WHERE value = :brand_id)",
    )
).bindparams(*_TIMES)
_ON_POSTGRESQL = sa.text(
    _STATEMENT.format(
        id="CAST(:start AS text) || right(replace(CAST(gen_random_uuid() AS text), '-', ''), 16)",
        has_type="event_types ?| CAST(:patterns AS text[])",
        has_brand="brand_ids ? CAST(:brand_id AS text)",
    )
    .replace(":moment", "CAST(:moment AS timestamptz)")
    .replace(":now", "CAST(:now AS timestamptz)")
).bindparams(*_TIMES)
