"""Fan-out: one delivery per event and endpoint, in the transaction that publishes the event."""

from __future__ import annotations

from typing import Any

import orjson
import sqlalchemy as sa

from anthyx_server import clock
from anthyx_server.db import UTCTime, is_sqlite
from anthyx_server.events import (
    EVENT_INSERTION,
    EVENT_ON_POSTGRESQL,
    EVENT_ON_SQLITE,
    Event,
    event_parameters,
    store,
)
from anthyx_server.ids import start_of_id
from anthyx_server.statements import Statement
from anthyx_server.webhooks.models import WebhookDelivery
from anthyx_server.webhooks.waking import wake_at_commit

# Goes to the endpoint under test, by whoever tests it.
_UNTOLD = "webhook_endpoint.test"
# What tells of an endpoint is of no use to that endpoint.
_DISABLED = "webhook_endpoint.disabled"
# Only who names this family is told of it: `*` does not.
_NAMED_ONLY = "api_key"


def write(connection: sa.Connection, event: Event) -> None:
    """Store an event that was just numbered, with its deliveries; its feed must be locked.

    A disabled endpoint is given its deliveries as `skipped`: they are what it missed.
    """
    if event.type == _UNTOLD:
        store(connection, event)
        return
    values = event_parameters(connection, event) | _wanted(event, connection.dialect)
    if is_sqlite(connection):
        # Without a way to the database there is nothing to save by one statement for both.
        store(connection, event)
        is_waiting = any(status == "pending" for (status,) in _FAN_OUT.run(connection, values))
    else:
        is_waiting = _STORE_AND_FAN_OUT.run(connection, values).scalar_one() > 0
    if is_waiting:
        wake_at_commit()


def waits_for(event_id: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """The condition that a delivery of an event still waits, and so needs its body."""
    waits = WebhookDelivery.next_attempt_at.is_not(None)
    return sa.exists().where(WebhookDelivery.event_id == event_id, waits)


def _wanted(event: Event, dialect: sa.Dialect) -> dict[str, Any]:
    """What an endpoint must have subscribed to, and what else a delivery's row needs."""
    family = event.type.partition(".")[0]
    position = event.position or 0
    moment = clock.from_milliseconds(position // 1000)
    return {
        "family": f"{family}.*",
        "all": event.type if family == _NAMED_ONLY else "*",
        "but": orjson.loads(event.body)["subject"]["id"] if event.type == _DISABLED else "",
        "start": start_of_id("dlv", position),
        "moment": _TIME.process_bind_param(moment, dialect),
    }


_TIME = UTCTime()
# The id of a delivery sorts as the event's place in the feed does, and ends as its endpoint's. It
# is created at that time too, when the event commits: so lists find times by ids. It is due by the
# clock, which the feed may be ahead of.
_FAN_OUT_TEXT = """
INSERT INTO webhook_deliveries (
  workspace_id, mode, id, endpoint_id, event_id, event_type, brand_id,
  status, "trigger", attempts_made, round_attempts, next_attempt_at, created_at, completed_at
)
SELECT
  workspace_id, mode, {start} || {end}, id, {id}, {type}, {brand_id},
  CASE status WHEN 'enabled' THEN 'pending' ELSE 'skipped' END, 'automatic', 0, 0,
  CASE status WHEN 'enabled' THEN {created_at} END, {moment},
  CASE WHEN status <> 'enabled' THEN {moment} END
FROM webhook_endpoints
WHERE workspace_id = {workspace_id} AND mode = {mode} AND deleted_at IS NULL AND id <> :but
  AND {has_type} AND (brand_ids IS NULL OR {has_brand})
RETURNING status
"""
_SQLITE = EVENT_ON_SQLITE | {
    "start": ":start",
    "moment": ":moment",
    "end": "substr(id, -14)",
    "has_type": "EXISTS (SELECT 1 FROM json_each(event_types)"
    " WHERE value IN (:type, :family, :all))",
    "has_brand": "EXISTS (SELECT 1 FROM json_each(brand_ids) WHERE value = :brand_id)",
}
_POSTGRESQL = EVENT_ON_POSTGRESQL | {
    "start": "CAST(:start AS text)",
    "moment": "CAST(:moment AS timestamptz)",
    "end": "right(id, 14)",
    "has_type": "event_types ?| ARRAY[CAST(:type AS text), :family, :all]",
    "has_brand": "brand_ids ? CAST(:brand_id AS text)",
}
_FAN_OUT = Statement(_FAN_OUT_TEXT, sqlite=_SQLITE, postgresql=_POSTGRESQL)
# One way to the database while the feed is locked, instead of two.
_STORE_AND_FAN_OUT = Statement(
    f"WITH stored AS ({EVENT_INSERTION}), made AS ({_FAN_OUT_TEXT}) "  # noqa: S608
    "SELECT count(*) FROM made WHERE status = 'pending'",
    sqlite=_SQLITE,
    postgresql=_POSTGRESQL,
)
