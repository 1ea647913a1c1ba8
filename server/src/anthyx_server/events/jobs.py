"""What the worker does for events: forgetting those that are over 30 days old."""

from __future__ import annotations

import sqlalchemy as sa

from anthyx_server import clock
from anthyx_server.db import db, transaction
from anthyx_server.events.feed import KEPT_FOR
from anthyx_server.events.models import Event
from anthyx_server.queue import job

_BATCH = 500
_MOST_BATCHES = 200


@job(every_seconds=60)
def forget_old_events() -> None:
    """Delete events that are over 30 days old, the oldest first, some at a time.

    Each batch is a transaction of its own, so that SQLite's writers wait for one at most.
    """
    kept_from = clock.now() - KEPT_FOR
    oldest = sa.select(Event.id).where(Event.created_at <= kept_from).order_by(Event.created_at)
    batch = sa.delete(Event).where(Event.id.in_(oldest.limit(_BATCH)))
    for _ in range(_MOST_BATCHES):
        with transaction():
            deleted = db.session.connection().execute(batch).rowcount
        if deleted < _BATCH:
            return
