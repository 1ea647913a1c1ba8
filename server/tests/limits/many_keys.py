"""What a request costs the database beside very many keys, in steps that are counted, not timed.

Usage: python -m server.tests.limits.many_keys [KEYS], a million unless it says otherwise. It prints
the steps per request beside one key and beside so many: for SQLite the instructions that its
virtual machine runs, for PostgreSQL the pages that it looks at.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import sqlalchemy as sa
from flask import Flask

from anthyx_server import db
from anthyx_server.keys import ApiKey
from anthyx_server.workspaces import Workspace
from tests.support.apps import Account, make_account, make_settings, open_app
from tests.support.postgres import throwaway_postgres
from tests.support.redis import throwaway_redis
from tests.support.scratch import scratch_directory

WORKSPACES = 1_000
_SERIES = {
    "sqlite": "(WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < {})"
    " SELECT i FROM s) s",
    "postgresql": "generate_series(1, {}) s(i)",
}
_DIGEST = {
    "sqlite": "lower(hex(randomblob(32)))",
    "postgresql": "encode(sha256(('x' || s.i)::bytea), 'hex')",
}


def fill(account: Account, count: int) -> None:
    """Make so many keys of other workspaces, each a copy of the account's."""
    with account.app.app_context(), db.db.engine.begin() as connection:
        kind = connection.dialect.name
        if kind == "postgresql":
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        series = _SERIES[kind]
        copies = {"id": "'ws_many' || s.i"}
        _copy(connection, Workspace.__table__, account.workspace_id, series, WORKSPACES, copies)
        copies = {
            "id": "'key_many' || s.i",
            "family_id": "'key_many' || s.i",
            "digest": _DIGEST[kind],
            "workspace_id": f"'ws_many' || (1 + s.i - s.i / {WORKSPACES} * {WORKSPACES})",
        }
        _copy(connection, ApiKey.__table__, account.key_id, series, count, copies)
    with account.app.app_context(), db.db.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()


def _copy(
    connection: sa.Connection,
    table: sa.FromClause,
    row_id: str,
    series: str,
    count: int,
    changed: dict[str, str],
) -> None:
    names = [column.name for column in table.columns]
    values = ", ".join(changed.get(name, f"t.{name}") for name in names)
    statement = f"INSERT INTO {table} ({', '.join(names)}) SELECT {values}"
    statement += f" FROM {table} t, {series.format(count)} WHERE t.id = '{row_id}'"
    connection.exec_driver_sql(statement)


@contextmanager
def counted_steps(app: Flask) -> Iterator[list[int]]:
    """A list that fills with the steps of each statement that the application executes."""
    steps: list[int] = []
    ticking: set[Any] = set()
    with app.app_context():
        engine = db.db.engine

    def tick() -> int:
        steps[-1] += 1
        return 0

    def on_sqlite(_connection: Any, cursor: Any, *_: Any) -> None:
        steps.append(0)
        ticking.add(cursor.connection)
        cursor.connection.set_progress_handler(tick, 1)

    def on_postgresql(
        _connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any
    ) -> None:
        if statement.startswith(("SELECT", "INSERT", "UPDATE", "DELETE")):
            with cursor.connection.cursor() as explaining:
                explaining.execute(
                    f"EXPLAIN (BUFFERS, ANALYZE, FORMAT JSON) {statement}", parameters
                )
                plan = explaining.fetchone()[0][0]["Plan"]
            steps.append(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])

    listener = on_sqlite if engine.dialect.name == "sqlite" else on_postgresql
    sa.event.listen(engine, "before_cursor_execute", listener)
    try:
        yield steps
    finally:
        sa.event.remove(engine, "before_cursor_execute", listener)
        for connection in ticking:
            connection.set_progress_handler(None, 0)


class Requests:
    """Requests whose cost is to be compared, through keys that Redis does not know at first."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._strangers = [account.with_key() for _ in range(4)]
        for name in ("First", "Second", "Third"):
            account.post("/brands", json={"name": name})

    def cost(self) -> dict[str, list[int]]:
        """Steps per statement of each request, once connections and caches are warm."""
        self._run()
        return self._run()

    def _run(self) -> dict[str, list[int]]:
        stranger = self._strangers.pop()
        found: dict[str, list[int]] = {}
        for name, caller, path in (
            ("a key looked up", stranger, "/workspace"),
            ("a list", self._account, "/brands"),
            ("usage", self._account, "/usage"),
            ("the own key", self._account, "/api-keys/current"),
            ("keys", self._account, "/api-keys?limit=1"),
        ):
            with counted_steps(self._account.app) as steps:
                assert caller.get(path).status_code == 200
            found[name] = steps
        return found


def main(count: int) -> None:
    """Print the steps beside one key and beside many."""
    with ExitStack() as stack:
        directory = stack.enter_context(scratch_directory())
        redis = stack.enter_context(throwaway_redis())
        postgres = stack.enter_context(throwaway_postgres())
        for url in (f"sqlite:///{directory}/anthyx.db", postgres.create_database()):
            db.upgrade(url)
            with open_app(make_settings(directory, url, redis.url)) as app:
                requests = Requests(account := make_account(app))
                few = requests.cost()
                fill(account, count)
                many = requests.cost()
            print(url.partition(":")[0])  # noqa: T201
            for name, steps in few.items():
                print(f"  {name:20} {steps} beside one, {many[name]} beside {count:,}")  # noqa: T201


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
