"""Positions: events are numbered in the order in which their transactions commit.

A poller that has seen position n has seen everything before it, because nobody can commit a
smaller one any more: who numbers events holds the row of the feed until COMMIT. Who changes what
becomes of events holds it, too: each event is before the change or after it, never beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import sqlalchemy as sa
from blinker import Signal
from flask import current_app

from anthyx_server import clock, db
from anthyx_server.events.models import Event
from anthyx_server.events.outbox import Outbox, outbox
from anthyx_server.events.storing import store
from anthyx_server.statements import Statement

# Sent with the connection and `events`, the rows of one feed in order, once they are written and
# while the feed is locked.
numbered = Signal()
# How an event is stored that was just numbered, while its feed is locked. What it then selects,
# it sees as everybody has left it who committed before in this feed.
Writer = Callable[[sa.Connection, Event], None]


class _Feed(NamedTuple):
    """A workspace's mode, as feeds are sorted and locked."""

    workspace_id: str
    mode: str


def number_at_commit(event: Event) -> None:
    """Store an event, and give it its position, as the open transaction commits."""
    _of_session().events.append(event)


def insert_at_commit(event: Event) -> None:
    """Store an event as the open transaction commits; no feed shows it, nobody is told."""
    _of_session().hidden.append(event)


def in_order(workspace_id: str, mode: str) -> None:
    """Let the open transaction take its place among those that publish in a feed.

    For changes of what is done about events: the feed is locked as they commit, so that
    whoever publishes later sees them, and whoever published earlier did not.
    """
    _of_session().feeds.add(_Feed(workspace_id, mode))


def microseconds(milliseconds: int) -> int:
    """The least position of an event that commits at a time (Unix milliseconds) or later."""
    return milliseconds * 1000


def _of_session() -> Outbox:
    found, is_new = outbox(db.db.session())
    if is_new:
        db.before_commit(_empty)
    return found


def _empty() -> None:
    """Write what the outbox of the session holds: all that is left to do before COMMIT."""
    session = db.db.session()
    kept: Outbox = session.info.pop("outbox")
    connection = session.connection()
    for event in kept.hidden:
        store(connection, event)
    feeds: dict[_Feed, list[Event]] = {_Feed(*each): [] for each in kept.feeds}
    for event in kept.events:
        feeds.setdefault(_Feed(event.workspace_id, event.mode), []).append(event)
    write: Writer = current_app.extensions.get("anthyx_event_writer", store)
    # In one order everywhere: a job that publishes in several feeds must not meet another.
    for feed, events in sorted(feeds.items()):
        last = _advance(connection, feed, len(events))
        for place, event in enumerate(events, last - len(events) + 1):
            event.position = place
            write(connection, event)
        if events:
            numbered.send(connection, events=events)


def _advance(connection: sa.Connection, feed: _Feed, count: int) -> int:
    """Lock the feed and move it on by so many events; the position of the last of them.

    Positions are microseconds where the clock allows it, and always grow. Without events, the
    feed stays where it is.
    """
    values = {
        "workspace_id": feed.workspace_id,
        "mode": feed.mode,
        "count": count,
        "now": microseconds(clock.milliseconds(clock.now())) + count if count else 0,
    }
    last: int = _ADVANCE.run(connection, values).scalar_one()
    return last


_ADVANCE = Statement(
    """
    INSERT INTO event_feeds (workspace_id, mode, position) VALUES (:workspace_id, :mode, :now)
    ON CONFLICT (workspace_id, mode) DO UPDATE
    SET position = {larger}(event_feeds.position + :count, excluded.position)
    RETURNING position
    """,
    sqlite={"larger": "max"},
    postgresql={"larger": "greatest"},
)
