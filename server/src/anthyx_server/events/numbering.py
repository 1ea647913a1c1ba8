"""Positions: events are numbered in the order in which their transactions commit.

A poller that has seen position n has seen everything before it, because nobody can commit a
smaller one any more: who numbers events holds the row of the feed until COMMIT.
"""

from __future__ import annotations

import functools
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from anthyx_server import clock, db
from anthyx_server.db import is_sqlite
from anthyx_server.events.models import Event, EventFeed


def number_at_commit(event: Event) -> None:
    """Give an event of the open transaction its position as that commits."""
    waiting: list[tuple[str, str, Event]] = db.db.session().info.setdefault("events", [])
    if not waiting:
        db.before_commit(_number)
    waiting.append((event.workspace_id, event.mode, event))


def microseconds(milliseconds: int) -> int:
    """The least position of an event that commits at a time (Unix milliseconds) or later."""
    return milliseconds * 1000


def _number() -> None:
    session = db.db.session()
    feeds: dict[tuple[str, str], list[Event]] = {}
    for workspace_id, mode, event in session.info.pop("events"):
        # What a savepoint has undone is in the session no more.
        if event in session:
            feeds.setdefault((workspace_id, mode), []).append(event)
    connection = session.connection()
    # In one order everywhere: a job that publishes in several feeds must not meet another.
    for (workspace_id, mode), events in sorted(feeds.items()):
        last = _advance(connection, workspace_id, mode, len(events))
        places = [
            {"event_id": _id(event), "place": place}
            for place, event in enumerate(events, last - len(events) + 1)
        ]
        # Past the session, whose bookkeeping would take longer than the statement.
        connection.execute(_SET_PLACE, places if len(places) > 1 else places[0])


def _id(event: Event) -> str:
    """The id, also of an event that a savepoint beside it has expired."""
    (event_id,) = sa.inspect(event).identity or ()
    return str(event_id)


_SET_PLACE = (
    sa.update(Event)
    .where(Event.id == sa.bindparam("event_id"))
    .values(position=sa.bindparam("place"))
)


def _advance(connection: sa.Connection, workspace_id: str, mode: str, count: int) -> int:
    """Lock the feed and move it on by so many events; the position of the last of them.

    Positions are microseconds where the clock allows it, and always grow.
    """
    values = {
        "feed_workspace_id": workspace_id,
        "feed_mode": mode,
        "count": count,
        "now": microseconds(clock.milliseconds(clock.now())) + count,
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
