"""Connections that threads keep for reading: replaced when they are old, closed in the end."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from anthyx_server import clock
from anthyx_server.reader import Reader


def test_an_old_connection_is_replaced_and_all_are_closed(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = sa.create_engine(database_url)
    opened: list[sa.Connection] = []  # something may still know a connection that was given back
    sa.event.listen(engine, "engine_connect", opened.append)
    reader = Reader(engine)
    for hours in (0, 0, 1):
        later = clock.monotonic() + hours * 3600
        monkeypatch.setattr(clock, "monotonic", lambda later=later: later)
        assert reader.rows(sa.text("SELECT 1")) == [(1,)]
    assert [connection.closed for connection in opened] == [True, False]
    reader.close()
    assert [connection.closed for connection in opened] == [True, True]
    engine.dispose()
