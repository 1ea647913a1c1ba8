"""What the worker does for events: forgetting those that are over 30 days old."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import current_app

from anthyx_server import clock
from anthyx_server.db import db, transaction
from anthyx_server.events.feed import KEPT_FOR
from anthyx_server.events.models import Event
from anthyx_server.queue import job

# The feed ends at KEPT_FOR, and nothing older is to be sent anew. Whoever asked just in time has
# committed when the body would go.
_GRACE = timedelta(hours=1)
_BATCH = 500
_MOST_BATCHES = 200
_PLACE = "anthyx_forgotten_up_to"


@job(every_seconds=60)
def forget_old_events() -> None:
    """Delete events that are over 30 days old and needed no more, the oldest first, some at a time.

    Each batch is a transaction of its own, so that SQLite's writers wait for one at most. A run
    that has to stop is gone on with by the next one: what is still needed may be much.
    """
    place = current_app.extensions.pop(_PLACE, None)
    for _ in range(_MOST_BATCHES):
        with transaction():
            place = _forget_batch(place)
        if place is None:
            return
    current_app.extensions[_PLACE] = place


def _forget_batch(place: tuple[Any, str] | None) -> tuple[Any, str] | None:
    """Look at the next events after a place; the place that this has come to, None at the end."""
    is_needed: Callable[[Any], Any] = current_app.extensions["anthyx_event_use"]
    query = sa.select(Event.id, Event.created_at, is_needed(Event.id).label("is_needed"))
    query = query.where(Event.created_at <= clock.now() - KEPT_FOR - _GRACE)
    if place is not None:
        query = query.where(sa.tuple_(Event.created_at, Event.id) > place)
    connection = db.session.connection()
    rows = connection.execute(query.order_by(Event.created_at, Event.id).limit(_BATCH)).all()
    unneeded = [row.id for row in rows if not row.is_needed]
    if unneeded:
        connection.execute(sa.delete(Event).where(Event.id.in_(unneeded)))
    return (rows[-1].created_at, rows[-1].id) if len(rows) == _BATCH else None
