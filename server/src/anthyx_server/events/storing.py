"""Storing events: the one statement that writes an event, whole."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from anthyx_server.db import UTCTime
from anthyx_server.events.models import Event
from anthyx_server.statements import Statement

# For whoever stores more in the same statement; `parameters` gives it what it needs.
EVENT_INSERTION = """
INSERT INTO events (id, workspace_id, mode, type, brand_id, body, created_at, position)
VALUES (
  {id}, {workspace_id}, {mode}, {type}, {brand_id}, :body, {created_at}, :position
)
"""
_TEXTS = ("id", "workspace_id", "mode", "type", "brand_id")
EVENT_ON_SQLITE = {name: f":{name}" for name in (*_TEXTS, "created_at")}
# PostgreSQL has to be told of which type a parameter is that stands in several places.
EVENT_ON_POSTGRESQL = {name: f"CAST(:{name} AS text)" for name in _TEXTS}
EVENT_ON_POSTGRESQL["created_at"] = "CAST(:created_at AS timestamptz)"
_STORE = Statement(EVENT_INSERTION, sqlite=EVENT_ON_SQLITE, postgresql=EVENT_ON_POSTGRESQL)
_TIME = UTCTime()


def store(connection: sa.Connection, event: Event) -> None:
    """Insert an event into the open transaction, past the session and what that would take."""
    _STORE.run(connection, event_parameters(connection, event))


def event_parameters(connection: sa.Connection, event: Event) -> dict[str, Any]:
    """The columns of an event, as the driver takes them."""
    return {
        "id": event.id,
        "workspace_id": event.workspace_id,
        "mode": event.mode,
        "type": event.type,
        "brand_id": event.brand_id,
        "body": event.body,
        "created_at": _TIME.process_bind_param(event.created_at, connection.dialect),
        "position": event.position,
    }
