"""What a statement costs a database: steps of SQLite's machine, rows that PostgreSQL looks at."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from anthyx_server.db import is_sqlite, reader


def cost(statement: str, parameters: Any, tables: Collection[str]) -> int:
    """Steps on SQLite, rows of these tables on PostgreSQL, where none may be read as a whole."""
    if is_sqlite(reader().engine):
        return _steps(statement, parameters)
    return _rows(statement, parameters, tables)


def _steps(statement: str, parameters: Any) -> int:
    taken: list[int] = []
    connection = reader().engine.raw_connection()
    driver: Any = connection.driver_connection
    driver.set_progress_handler(lambda: taken.append(1), 20)
    driver.execute(statement, parameters).fetchall()
    driver.set_progress_handler(None, 0)
    connection.close()
    return 20 * len(taken)


def _rows(statement: str, parameters: Any, tables: Collection[str]) -> int:
    with reader().engine.connect() as connection:
        explain = f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}"
        (document,) = connection.exec_driver_sql(explain, parameters).one()
    return sum(_scanned(document[0]["Plan"], tables))


def _scanned(node: dict[str, Any], tables: Collection[str]) -> Iterator[int]:
    if "Scan" in node["Node Type"] and node.get("Relation Name", "") in tables:
        assert node["Node Type"] != "Seq Scan", node
        passed = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        yield round(passed * node["Actual Loops"])
    for inner in node.get("Plans", ()):
        yield from _scanned(inner, tables)
