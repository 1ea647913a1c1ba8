"""A backup of a database that several processes write to: of one moment, in all its tables."""

from __future__ import annotations

import functools
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from anthyx_server.backup import back_up, restore
from anthyx_server.config import Settings
from server.tests.backup import writing
from tests.support.apps import Account, make_account, make_settings, open_app, wait_until

ROOT = Path(__file__).resolve().parents[3]
WRITERS = ("One", "Two", "Three")
SECONDS = 40


@pytest.fixture
def settings(sqlite_url: str, redis_url: str, tmp_path: Path) -> Settings:
    """Settings over a fresh SQLite database and an empty Redis."""
    return make_settings(tmp_path, sqlite_url, redis_url)


def written(directory: Path) -> int:
    """How many brands the writers know of."""
    return sum(int((directory / name).read_text() or 0) for name in WRITERS)


def has_grown(directory: Path, count: int) -> bool:
    return written(directory) > count


@contextmanager
def writers(settings: Settings, account: Account) -> Iterator[None]:
    """Processes that write while the block runs."""
    words = (settings.database_url, settings.redis_url, account.token, str(settings.data_dir))
    for name in WRITERS:
        (settings.data_dir / name).write_text("0")
    started = [
        subprocess.Popen(
            [sys.executable, writing.__file__, *words, name],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        for name in WRITERS
    ]
    try:
        yield
        assert [process.poll() for process in started] == [None] * len(WRITERS)
    finally:
        for process in started:
            process.kill()
            process.wait()


def consistent(path: Path) -> int:
    """How many brands a database has, each of which must have all that belongs to it."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        brands = {row[0] for row in connection.execute("SELECT id FROM brands")}
        told = connection.execute(
            "SELECT brand_id FROM events WHERE type = 'brand.created'"
        ).fetchall()
        records = connection.execute("SELECT count(*) FROM idempotency_records").fetchone()[0]
    assert sorted(row[0] for row in told) == sorted(brands)
    assert records == len(brands)
    return len(brands)


def test_it_is_of_one_moment_and_restores(settings: Settings, tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.backup" for number in range(3)]
    with open_app(settings) as app:
        account = make_account(app)
        with writers(settings, account):
            for file in files:
                before = written(tmp_path)
                wait_until(functools.partial(has_grown, tmp_path, before + 5), SECONDS)
                back_up(settings, file, None, lambda *_: None)
            before = written(tmp_path)
            wait_until(functools.partial(has_grown, tmp_path, before), SECONDS)
    counts = []
    database = Path(settings.database_url.removeprefix("sqlite:///"))
    for file in files:
        restore(settings, file, str, lambda *_: None)
        counts.append(consistent(database))
    assert 5 < counts[0] < counts[1] < counts[2]
