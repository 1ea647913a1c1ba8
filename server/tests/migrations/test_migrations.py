"""Migrations give exactly what the models say, and can be run again, or twice at once."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from anthyx_server import clock, db
from anthyx_server.db import Base
from anthyx_server.workspaces.models import Workspace
from tests.support.postgres import PostgresServer

PROCESSES, ROUNDS = 2, 3
NewDatabase = Callable[[], str]

# Brings every database that it is told to the newest schema, once it is told to go.
RACER = """
import sys
from anthyx_server import db
print("ready", flush=True)
sys.stdin.readline()
for url in sys.argv[1:]:
    db.upgrade(url)
"""
DAMAGES = [
    "DROP INDEX ix_events_created_at",
    "CREATE INDEX ix_events_brand_id ON events (brand_id)",
    "ALTER TABLE brands ADD COLUMN extra TEXT",
    "ALTER TABLE brands DROP COLUMN description",
]


@pytest.fixture(params=["sqlite", "postgresql"])
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NewDatabase]:
    """Makes empty databases."""
    if request.param == "sqlite":
        numbers = itertools.count()
        yield lambda: f"sqlite:///{tmp_path / str(next(numbers))}.db"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    made: list[str] = []

    def make() -> str:
        made.append(server.create_database())
        return made[-1]

    yield make
    for url in made:
        server.drop_database(url)


@contextmanager
def connected(url: str) -> Iterator[sa.Connection]:
    """A connection with an open transaction, which is undone in the end."""
    engine = sa.create_engine(url)
    db.set_up_engine(engine)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def is_modelled(thing: Any, name: str | None, *_: object) -> bool:
    """False for what only one kind of database has: FTS5's tables, an index for PostgreSQL."""
    is_elsewhere = getattr(thing, "name", "") == "ix_posts_by_words"
    return not is_fts(name or "") and not is_elsewhere


def is_fts(table: str) -> bool:
    """True for SQLite's full-text index and the tables in which it keeps itself."""
    return table.startswith("post_words")


def differences(connection: sa.Connection) -> list[Any]:
    """What alembic would still have to do."""
    options: dict[str, Any] = {"compare_type": True, "compare_server_default": True}
    if connection.dialect.name == "sqlite":
        options["include_object"] = is_modelled
    found: list[Any] = compare_metadata(
        MigrationContext.configure(connection, opts=options), Base.metadata
    )
    return found


def description(connection: sa.Connection) -> dict[str, Any]:
    """All that the database says of its tables: types as they are stored, conditions of indexes."""
    inspector = sa.inspect(connection)
    tables = set(inspector.get_table_names()) - {"alembic_version"}
    return {name: _table(inspector, name) for name in tables if not is_fts(name)}


def _table(inspector: sa.Inspector, name: str) -> dict[str, list[str]]:
    found: dict[str, list[Any]] = {
        "columns": [*inspector.get_columns(name)],
        "primary key": [inspector.get_pk_constraint(name)],
        "foreign keys": [*inspector.get_foreign_keys(name)],
        "unique": [*inspector.get_unique_constraints(name)],
        "checks": [*inspector.get_check_constraints(name)],
        "indexes": [*inspector.get_indexes(name)],
    }
    return {kind: sorted(map(_plain, each)) for kind, each in found.items()}


def _plain(value: Any) -> str:
    """A text that is the same for the same thing, whatever object says it."""
    if isinstance(value, Mapping):
        return str({key: _plain(value[key]) for key in sorted(value)})
    return str(value)


def test_migrations_and_models_agree(new_database: NewDatabase) -> None:
    migrated, modelled = new_database(), new_database()
    db.upgrade(migrated)
    with connected(migrated) as connection:
        assert differences(connection) == []
        found = description(connection)
    with connected(modelled) as connection:
        Base.metadata.create_all(connection)
        assert found == description(connection)
    assert found.keys() == Base.metadata.tables.keys()


def test_a_difference_would_be_seen(new_database: NewDatabase) -> None:
    url = new_database()
    db.upgrade(url)
    for damage in DAMAGES:
        with connected(url) as connection:
            before = description(connection)
            connection.execute(sa.text(damage))
            assert differences(connection) != [], damage
            assert description(connection) != before, damage


def test_times_are_stored_as_the_kind_of_database_does_best(new_database: NewDatabase) -> None:
    url = new_database()
    db.upgrade(url)
    with connected(url) as connection:
        columns = sa.inspect(connection).get_columns("brands")
    types = {column["name"]: column["type"] for column in columns}
    if url.startswith("sqlite"):
        assert isinstance(types["created_at"], sa.BigInteger)
    else:
        assert isinstance(types["created_at"], sa.types.TIMESTAMP)
        assert types["created_at"].timezone
        assert str(types["metadata"]) == "JSONB"


def test_an_upgrade_can_be_repeated_and_keeps_the_data(new_database: NewDatabase) -> None:
    url = new_database()
    db.upgrade(url)
    with connected(url) as connection:
        before = description(connection)
        connection.execute(
            sa.insert(Workspace).values(id="ws_1", name="Kept", plan="free", created_at=clock.now())
        )
        connection.commit()
    db.upgrade(url)
    with connected(url) as connection:
        assert connection.scalars(sa.select(Workspace.name)).all() == ["Kept"]
        assert description(connection) == before


def test_hosts_that_start_together_migrate_once(new_database: NewDatabase) -> None:
    urls = [new_database() for _ in range(ROUNDS)]
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, *urls],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(PROCESSES)
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    errors = [racer.communicate(timeout=50)[1] for racer in racers]
    assert [racer.returncode for racer in racers] == [0] * PROCESSES, "\n".join(errors)
    for url in urls:
        with connected(url) as connection:
            assert differences(connection) == []
