"""Queries outside of transactions, on a connection that every thread keeps."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from anthyx_server import clock

# Some networks forget a connection that rests, without telling its ends.
_KEPT_SECONDS = 1800


class Reader:
    """Runs queries without a transaction around them, so on SQLite without a lock.

    Every thread keeps a connection: taking one from the pool and giving it back costs as much
    as a small query. `engine` must commit by itself.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self._local = threading.local()
        self._kept: weakref.WeakSet[sa.Connection] = weakref.WeakSet()

    def rows(
        self, query: sa.Executable, parameters: Mapping[str, Any] | None = None
    ) -> Sequence[sa.Row[Any]]:
        """Run a query, twice where the database turns out to have closed the connection.

        Raises:
            DBAPIError: the database does not answer, or refuses.
        """
        connection: sa.Connection | None = getattr(self._local, "connection", None)
        if connection is not None and clock.monotonic() < self._local.kept_until:
            try:
                return connection.execute(query, parameters).all()
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
        self._give_back()
        self._local.kept_until = clock.monotonic() + _KEPT_SECONDS
        connection = self._local.connection = self.engine.connect()
        self._kept.add(connection)
        return connection.execute(query, parameters).all()

    def _give_back(self) -> None:
        connection = self._local.__dict__.pop("connection", None)
        if connection is not None:
            connection.close()

    def close(self) -> None:
        """Close the connections of all threads; none may run a query meanwhile."""
        for connection in list(self._kept):
            # Those that their threads gave back are closed, if something still knows them.
            if not connection.closed:
                connection.invalidate()
                connection.close()
        self._local = threading.local()
