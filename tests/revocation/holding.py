"""Holding a request at a chosen point, while another one goes by."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event, Semaphore
from typing import Any

import sqlalchemy as sa
from flask import Flask, g, has_request_context
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from anthyx_server import db, events
from tests.support.apps import Account, wait_until

SECONDS = 20.0
MARK = {"X-Request-Id": "held"}


class Hold:
    """Stops every request that is sent through it at one point until it is let go.

    The points, in the order in which a write passes them: `at_start` (the gate has let it in,
    no transaction is open), `in_view` (its rows are written), `at_commit` (the guard has looked,
    COMMIT is next).
    """

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._point = "at_start"
        self._reached = Semaphore(0)
        self._released = Event()
        self._pool = ThreadPoolExecutor(4)
        app.before_request(lambda: self._stop("at_start"))
        events.published.connect(self._published)
        sa.event.listen(db.db.session, "before_commit", self._committing)

    def send(
        self, account: Account, method: str, path: str, *, point: str = "at_start", **options: Any
    ) -> Future[TestResponse]:
        """Send a request; returns once it is held, beside those that are held already."""
        self._point = point
        self._released.clear()
        sent = self._pool.submit(account.request, method, path, headers=MARK, **options)
        assert self._reached.acquire(timeout=SECONDS), f"not held: {sent}"
        return sent

    def meanwhile(self, act: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Do something else in a thread; returns once it waits for the database's lock."""
        begun = Event()

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            if (
                "FOR UPDATE" in statement
                or "FOR NO KEY UPDATE" in statement
                or "BEGIN" in statement
            ):
                begun.set()

        with self._app.app_context():
            engine = db.db.engine
        sa.event.listen(sa.Engine, "before_cursor_execute", note)
        try:
            doing = self._pool.submit(act, *arguments)
            assert begun.wait(SECONDS), doing.result(0)
        finally:
            sa.event.remove(sa.Engine, "before_cursor_execute", note)
        if not db.is_sqlite(engine):
            wait_until(lambda: blocked(engine) > 0, SECONDS)
        assert not doing.done()
        return doing

    def release(self) -> None:
        """Let all held requests go on."""
        self._released.set()

    def end(self) -> None:
        """Release, and wait until every thread is done."""
        self.release()
        self._pool.shutdown()
        events.published.disconnect(self._published)
        sa.event.remove(db.db.session, "before_commit", self._committing)

    def _published(self, _event: object) -> None:
        self._stop("in_view")

    def _committing(self, session: Session) -> None:
        if not session.in_nested_transaction():
            self._stop("at_commit")

    def _stop(self, point: str) -> None:
        if point != self._point or not has_request_context() or g.get("request_id") != "held":
            return
        if not self._released.is_set():
            self._reached.release()
            assert self._released.wait(SECONDS)


def blocked(engine: sa.Engine) -> int:
    """How many sessions of a PostgreSQL database wait for a lock."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with engine.connect() as connection:
        return connection.scalar(sa.text(f"{waiting} AND datname = current_database()")) or 0
