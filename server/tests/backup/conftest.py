"""Embedded deployments in directories of their own, and the commands on them."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.program import Outcome, run_here

PASSPHRASE = "correct horse battery"


@dataclass(frozen=True)
class Deployment:
    """A data directory, and commands that run on it."""

    data_dir: Path

    @property
    def database(self) -> Path:
        """The embedded database."""
        return self.data_dir / "anthyx.db"

    def try_to(self, *words: str, **variables: str) -> Outcome:
        """Run a command with these settings, named without their prefix."""
        given = {f"ANTHYX_{name}": value for name, value in variables.items()}
        return run_here(words, {"ANTHYX_DATA_DIR": str(self.data_dir)} | given)

    def run(self, *words: str, **variables: str) -> str:
        """Run a command that must succeed; what it printed."""
        outcome = self.try_to(*words, **variables)
        assert (outcome.exit_code, outcome.errors) == (0, ""), outcome
        return outcome.output

    def back_up(self, file: Path) -> None:
        """Back up with the secrets."""
        self.run("backup", str(file), "--with-secrets", BACKUP_PASSPHRASE=PASSPHRASE)

    def restore(self, file: Path) -> str:
        """Restore, taking the secrets where there are none; what it printed."""
        return self.run("restore", str(file), BACKUP_PASSPHRASE=PASSPHRASE)

    def workspace(self, name: str) -> dict[str, Any]:
        """Make a workspace with a key."""
        words = ("workspaces", "create", name, "--plan", "agency", "--owner", "o@example.com")
        made: dict[str, Any] = json.loads(self.run(*words, "--json"))
        return made

    def names(self) -> list[str]:
        """The workspaces in the database, which must be whole."""
        with closing(sqlite3.connect(self.database)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            rows = connection.execute("SELECT name FROM workspaces ORDER BY id").fetchall()
        return [name for (name,) in rows]

    def content(self) -> dict[str, bytes]:
        """Every file but locks, by its name."""
        return {
            str(path.relative_to(self.data_dir)): path.read_bytes()
            for path in self.data_dir.rglob("*")
            if path.is_file() and path.suffix not in {".lock", ".db-shm", ".db-wal"}
        }


def make_deployment(data_dir: Path) -> Deployment:
    """An embedded deployment with an empty database."""
    made = Deployment(data_dir)
    made.run("migrate")
    return made


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    """One with a workspace named First."""
    made = make_deployment(tmp_path / "data")
    made.workspace("First")
    return made
