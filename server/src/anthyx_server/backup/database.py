"""The embedded database as a file: copied while it is written to, checked, made one file again."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import make_url

from anthyx_server.backup.errors import BackupError
from anthyx_server.config import Settings
from anthyx_server.db import MIGRATIONS

_WAIT_SECONDS = 5
_PAGES_PER_STEP = 2_000


def path_of(settings: Settings) -> Path:
    """Where the embedded database is.

    Raises:
        BackupError: there is none.
    """
    if not settings.is_embedded_database:
        raise BackupError(
            "this is for the embedded database: back PostgreSQL up with pg_dump, "
            "and restore it with pg_restore"
        )
    name = make_url(settings.database_url).database
    if not name or name == ":memory:":
        raise BackupError("ANTHYX_DATABASE_URL names no file")
    return Path(name).absolute()


def connect(path: Path) -> sqlite3.Connection:
    """Open a database that must be there, without a transaction around statements."""
    name = f"file:{quote(str(path))}?mode=rw"
    return sqlite3.connect(name, uri=True, timeout=_WAIT_SECONDS, isolation_level=None)


def copy(source: Path, to: Path, advance: Callable[[int, int], object]) -> str:
    """Copy what is committed now, whoever writes meanwhile; the schema's revision.

    `advance` is called with the pages copied so far and their number. Writers don't wait for it:
    they write to SQLite's log, which only can't be shortened meanwhile.

    Raises:
        BackupError: there is no database, or it is damaged.
    """
    if not source.exists():
        raise BackupError(f"there is no database at {source} yet")
    try:
        with closing(connect(source)) as live, closing(sqlite3.connect(to)) as sink:
            # What one transaction reads is of one moment: without it, each writer's commit would
            # start the copy anew.
            live.execute("BEGIN")
            revision = revision_of(live)
            live.backup(
                sink,
                pages=_PAGES_PER_STEP,
                progress=lambda _status, left, total: advance(total - left, total),
            )
        make_one_file(to)
        _check(to, "quick_check")
    except sqlite3.DatabaseError as error:
        raise BackupError(f"cannot copy the database {source}: {error}") from None
    return revision


def verify(path: Path, revision: str) -> None:
    """Check a database whole.

    Raises:
        BackupError: it is damaged, of another revision than was said, or of a newer version.
    """
    try:
        _check(path, "integrity_check")
        with closing(connect(path)) as connection:
            found = revision_of(connection)
    except sqlite3.DatabaseError as error:
        raise BackupError(f"the backup's database is damaged: {error}") from None
    if found != revision:
        raise BackupError("the backup's database is not the one that its manifest describes")
    try:
        known = ScriptDirectory(str(MIGRATIONS)).get_revision(revision)
    except CommandError:
        known = None
    if known is None:
        raise BackupError(
            f"the backup's schema ({revision}) is unknown to this version: update anthyx-server"
        )


def make_one_file(path: Path) -> None:
    """Bring SQLite's log into the database and remove it; nobody else may have it open.

    Raises:
        sqlite3.OperationalError: somebody has.
        sqlite3.DatabaseError: it is damaged.
    """
    with closing(connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        [mode] = connection.execute("PRAGMA journal_mode=DELETE").fetchone()
    if mode != "delete":
        raise sqlite3.OperationalError("the database is in use")


def revision_of(connection: sqlite3.Connection) -> str:
    """The revision of a schema."""
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return "" if row is None else str(row[0])


def _check(path: Path, how: str) -> None:
    with closing(connect(path)) as connection:
        [found] = connection.execute(f"PRAGMA {how}(1)").fetchone()
    if found != "ok":
        raise sqlite3.DatabaseError(str(found).splitlines()[0])
