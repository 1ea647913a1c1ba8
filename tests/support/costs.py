"""What is asked of a database, and what it costs: steps of SQLite, rows that PostgreSQL reads."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa
from flask import Flask

from anthyx_server.db import db, is_sqlite, reader
from anthyx_server.limits import authentication


class Statement(NamedTuple):
    """What was executed, and with which parameters."""

    text: str
    parameters: Any


def engine_of(app: Flask) -> sa.Engine:
    """What the application's sessions are bound to."""
    with app.app_context():
        return db.engine


@contextmanager
def executed(by: Flask | sa.Engine) -> Iterator[list[Statement]]:
    """A list that fills with what an application or engine asks of its database meanwhile.

    On a busy machine an answer may take so long that its key is looked at again: not done here.
    """
    found: list[Statement] = []

    def note(_connection: Any, _cursor: Any, text: str, parameters: Any, *_: Any) -> None:
        found.append(Statement(text, parameters))

    engine = by if isinstance(by, sa.Engine) else engine_of(by)
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(authentication, "SLOW_SECONDS", 3600.0)
            yield found
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


def plan(app: Flask, statement: Statement) -> list[str]:
    """How the application's database would run it, a line for each step."""
    with engine_of(app).connect() as connection:
        explain = "EXPLAIN QUERY PLAN" if is_sqlite(connection) else "EXPLAIN"
        rows = connection.exec_driver_sql(f"{explain} {statement.text}", statement.parameters)
        return [str(row[-1]).strip() for row in rows]


def cost(statement: Statement, tables: Collection[str]) -> int:
    """Steps on SQLite, rows of these tables on PostgreSQL, where none may be read as a whole."""
    if is_sqlite(reader().engine):
        return _steps(statement)
    return _rows(statement, tables)


def _steps(statement: Statement) -> int:
    taken: list[int] = []
    connection = reader().engine.raw_connection()
    driver: Any = connection.driver_connection
    driver.set_progress_handler(lambda: taken.append(1), 20)
    driver.execute(*statement).fetchall()
    driver.set_progress_handler(None, 0)
    connection.close()
    return 20 * len(taken)


def _rows(statement: Statement, tables: Collection[str]) -> int:
    with reader().engine.connect() as connection:
        explain = f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement.text}"
        (document,) = connection.exec_driver_sql(explain, statement.parameters).one()
    return sum(_scanned(document[0]["Plan"], tables))


def _scanned(node: dict[str, Any], tables: Collection[str]) -> Iterator[int]:
    if "Scan" in node["Node Type"] and node.get("Relation Name", "") in tables:
        assert node["Node Type"] != "Seq Scan", node
        passed = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        yield round(passed * node["Actual Loops"])
    for inner in node.get("Plans", ()):
        yield from _scanned(inner, tables)
