"""Positions: events are numbered in the order in which their transactions commit.

A poller that has seen position n has seen everything before it, because nobody can commit a
smaller one any more: who numbers events holds the row of the feed until COMMIT. Who changes what
becomes of events holds it, too: each event is before the change or after it, never beside it.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from blinker import Signal
from sqlalchemy.dialects import postgresql, sqlite

from anthyx_server import clock, db
from anthyx_server.db import is_sqlite
from anthyx_server.events.models import Event, EventFeed
from anthyx_server.events.outbox import Outbox, outbox

# Sent with the connection and `events`, the rows of one feed in order, while that is locked. What
# a receiver then selects, it sees as everybody has left it who committed before in this feed.
numbered = Signal()


class _Feed(NamedTuple):
    """A workspace's mode, as feeds are sorted and locked."""

    workspace_id: str
    mode: str


def number_at_commit(event: Event) -> None:
    """Insert an event, and give it its position, as the open transaction commits."""
    _of_session().events.append(event)


def insert_at_commit(event: Event) -> None:
    """Insert an event as the open transaction commits; no feed shows it, nobody is told."""
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
    kept, _ = outbox(session)
    del session.info["outbox"]
    connection = session.connection()
    if kept.hidden:
        _insert(connection, kept.hidden)
    feeds: dict[_Feed, list[Event]] = {_Feed(*each): [] for each in kept.feeds}
    for event in kept.events:
        feeds.setdefault(_Feed(event.workspace_id, event.mode), []).append(event)
    # In one order everywhere: a job that publishes in several feeds must not meet another.
    for feed, events in sorted(feeds.items()):
        last = _advance(connection, feed, len(events))
        if not events:
            continue
        for place, event in enumerate(events, last - len(events) + 1):
            event.position = place
        _insert(connection, events)
        numbered.send(connection, events=events)


_COLUMNS = tuple(Event.__table__.columns.keys())


def _insert(connection: sa.Connection, events: Sequence[Event]) -> None:
    # Past the session, whose bookkeeping would take longer than the statement.
    rows = [{name: getattr(event, name) for name in _COLUMNS} for event in events]
    connection.execute(sa.insert(Event), rows if len(rows) > 1 else rows[0])


def _advance(connection: sa.Connection, feed: _Feed, count: int) -> int:
    """Lock the feed and move it on by so many events; the position of the last of them.

    Positions are microseconds where the clock allows it, and always grow. Without events, the
    feed stays where it is.
    """
    values = {
        "feed_workspace_id": feed.workspace_id,
        "feed_mode": feed.mode,
        "count": count,
        "now": microseconds(clock.milliseconds(clock.now())) + count if count else 0,
    }
    statement = _statement(is_sqlite=is_sqlite(connection))
    last: int = connection.execute(statement, values).scalar_one()
    return last


@functools.cache
def _statement(*, is_sqlite: bool) -> Any:
    insert = sqlite.insert if is_sqlite else postgresql.insert
    larger = sa.func.max if is_sqlite else sa.func.greatest
    count = sa.bindparam("count", type_=sa.BigInteger)
    statement: Any = insert(EventFeed).values(
        workspace_id=sa.bindparam("feed_workspace_id"),
        mode=sa.bindparam("feed_mode"),
        position=sa.bindparam("now"),
    )
    return statement.on_conflict_do_update(
        index_elements=["workspace_id", "mode"],
        set_={"position": larger(EventFeed.position + count, statement.excluded.position)},
    ).returning(EventFeed.position)
