"""The database: base model, column types, SQLite and PostgreSQL set-up, the one commit."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, cast

import orjson
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from blinker import Signal
from flask import Flask, current_app, g
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import event
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from anthyx_server.clock import from_milliseconds, milliseconds, monotonic
from anthyx_server.reader import Reader

# Sent with the session as everything is flushed and COMMIT is next; a receiver may raise.
committing = Signal()
# Sent with the session after that, when nobody objects any more: for the locks that come last.
concluding = Signal()

MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK_WAIT_SECONDS = 5
_WAL_RETRY_SECONDS = 0.01


class UTCTime(sa.types.TypeDecorator[datetime]):
    """An aware time in UTC: `timestamptz` on PostgreSQL, Unix milliseconds on SQLite."""

    impl = sa.BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """Pick the native type where there is one."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.TIMESTAMP(timezone=True))
        return dialect.type_descriptor(sa.BigInteger())

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> Any:
        """To the database."""
        if value is None or dialect.name == "postgresql":
            return value
        return milliseconds(value)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        """From the database."""
        if value is None or dialect.name == "postgresql":
            return cast("datetime | None", value)
        return from_milliseconds(value)


Json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


class Base(DeclarativeBase):
    """What every table shares."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UTCTime,
        dict[str, Any]: Json,
        dict[str, str]: Json,
        list[str]: Json,
        list[list[str]]: Json,
        list[dict[str, str]]: Json,
        list[dict[str, Any]]: Json,
    }


class OwnedByWorkspace:
    """Columns of a table whose rows one workspace owns, in one mode: read it through `tenancy`."""

    workspace_id: Mapped[str] = mapped_column(sa.ForeignKey("workspaces.id"))
    mode: Mapped[str] = mapped_column(sa.String(4))


class Session(FlaskSession):
    """A session that reads without a transaction where the request can only read."""

    def get_bind(
        self, mapper: Any = None, clause: Any = None, bind: Any = None, **kwargs: Any
    ) -> sa.Engine | sa.Connection:
        """The engine; the reader's once `read_only` was asked for."""
        if g.get("is_read_only", False):
            return reader().engine
        return super().get_bind(mapper=mapper, clause=clause, bind=bind, **kwargs)


# Models derive from our own Base: the extension provides engines and the session.
db = SQLAlchemy(session_options={"class_": Session})


def init_db(app: Flask, database_url: str) -> None:
    """Connect the application to its database (nothing is opened before it is used)."""
    app.config["SQLALCHEMY_DATABASE_URI"] = database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(database_url)
    db.init_app(app)
    with app.app_context():
        engine = db.engine
        set_up_engine(engine)
        kept = Reader(reading(engine))
        event.listen(engine, "engine_disposed", lambda _engine: kept.close())
        app.extensions["anthyx_reader"] = kept


def engine_options(database_url: str) -> dict[str, Any]:
    """How SQLAlchemy is to connect: fast JSON, UTC, bounded waits for locks."""
    options: dict[str, Any] = {
        "json_serializer": lambda value: orjson.dumps(value).decode(),
        "json_deserializer": orjson.loads,
        # The text of an error, which a worker logs, must not quote what customers store.
        "hide_parameters": True,
    }
    if database_url.startswith("sqlite"):
        return options | {"connect_args": {"timeout": _LOCK_WAIT_SECONDS}}
    waits = f"-c timezone=UTC -c lock_timeout={_LOCK_WAIT_SECONDS}s"
    limits = "-c statement_timeout=30s -c idle_in_transaction_session_timeout=60s"
    return options | {
        "connect_args": {"options": f"{waits} {limits}", "connect_timeout": _LOCK_WAIT_SECONDS},
        "pool_pre_ping": False,
        "pool_size": 8,
        "pool_timeout": _LOCK_WAIT_SECONDS,
        "pool_recycle": 1800,
    }


def set_up_engine(engine: sa.Engine) -> None:
    """Make SQLite take its write lock at BEGIN: a deferred one loses updates or fails late."""
    if not is_sqlite(engine):
        return

    def connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        _use_wal(connection)
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA foreign_keys=ON")

    def begin(connection: sa.Connection) -> None:
        if not connection.get_execution_options().get("read_only"):
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    event.listen(engine, "connect", connect)
    event.listen(engine, "begin", begin)


def reading(engine: sa.Engine) -> sa.Engine:
    """The engine for statements that only read: each by itself, without a lock that others meet."""
    if is_sqlite(engine):
        return engine.execution_options(read_only=True)
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def _use_wal(connection: Any) -> None:
    """Switch to the write-ahead log; SQLite itself waits for nobody who does so at this moment."""
    deadline = monotonic() + _LOCK_WAIT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if monotonic() > deadline:
                raise
            time.sleep(_WAL_RETRY_SECONDS)
        else:
            return


def is_sqlite(bind: sa.Engine | sa.Connection) -> bool:
    """True on the embedded database."""
    return bind.dialect.name == "sqlite"


def reader() -> Reader:
    """What queries that need no session are run with."""
    found: Reader = current_app.extensions["anthyx_reader"]
    return found


def read_only() -> None:
    """Let this request's session read without taking a lock; it can't write any more."""
    g.is_read_only = True


def before_commit(act: Callable[[], None]) -> None:
    """Call `act` as the last thing in the open transaction: what it locks is held for COMMIT alone.

    Everything else is flushed and judged by then, and nothing may be locked after it.
    """
    db.session().info.setdefault("before_commit", []).append(act)


def after_commit(act: Callable[[], None]) -> None:
    """Call `act` once the open transaction has committed; never after a rollback."""
    db.session().info.setdefault("after_commit", []).append(act)


def commit() -> None:
    """Commit the open transaction once, with what must precede and follow it.

    Raises:
        Exception: what a receiver of `committing` objects with; nothing is committed then.
    """
    session = db.session()
    session.flush()
    committing.send(session)
    concluding.send(session)
    for act in session.info.pop("before_commit", []):
        act()
    session.commit()
    for act in session.info.pop("after_commit", []):
        act()


def rollback() -> None:
    """Undo the open transaction and forget what should have followed it."""
    session = db.session()
    session.info.clear()
    session.rollback()


@contextmanager
def transaction() -> Iterator[None]:
    """One transaction of a command or a job: commits at the end, rolls back on an error."""
    try:
        yield
        commit()
    except BaseException:
        rollback()
        raise


def upgrade(database_url: str, **given: Any) -> None:
    """Bring the schema of a database to the newest version (safe to repeat).

    `given` is what a migration of data that is there needs: `encryption_keys`.
    """
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = sa.create_engine(database_url, **engine_options(database_url))
    set_up_engine(engine)
    try:
        with engine.begin() as connection:
            if not is_sqlite(connection):
                # Two hosts that start together migrate one after the other.
                connection.exec_driver_sql("SET LOCAL lock_timeout = '60s'")
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(4711202611)")
            config.attributes.update(given, connection=connection)
            command.upgrade(config, "head")
    finally:
        engine.dispose()
