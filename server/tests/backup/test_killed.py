"""A restore that is killed leaves the old database or the new one, whole, and can be repeated."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from server.tests.backup import killed
from server.tests.backup.conftest import Deployment

# At least: draft synced, secrets, old database's directory, Redis, the swap and its directory.
FEWEST_STEPS = 8


def prepare(deployment: Deployment, tmp_path: Path) -> tuple[Path, Path]:
    """A directory whose database a killed server left with a log, and an older backup of it."""
    backup = tmp_path / "anthyx.backup"
    deployment.back_up(backup)
    deployment.workspace("Second")
    (deployment.data_dir / "appendonlydir").mkdir()
    (deployment.data_dir / "appendonlydir" / "base.rdb").write_bytes(b"of another time")
    prepared = tmp_path / "prepared"
    with closing(sqlite3.connect(deployment.database)) as connection:
        connection.execute("UPDATE workspaces SET name = 'In the log' WHERE name = 'Second'")
        connection.commit()
        shutil.copytree(deployment.data_dir, prepared)
    assert Path(f"{prepared}/anthyx.db-wal").stat().st_size > 0
    return prepared, backup


def kill_at_each_step(prepared: Path, backup: Path, directory: Path) -> list[str]:
    directory.mkdir()
    words = [sys.executable, killed.__file__, str(prepared), str(backup), str(directory)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=50, check=True)
    return done.stdout.splitlines()


def test_the_old_or_the_new_one_is_there_at_every_step(
    deployment: Deployment, tmp_path: Path
) -> None:
    prepared, backup = prepare(deployment, tmp_path)
    steps = kill_at_each_step(prepared, backup, tmp_path / "killed")
    assert len(steps) >= FEWEST_STEPS
    found = []
    for number in range(1, len(steps) + 2):
        left = Deployment(tmp_path / "killed" / str(number))
        has_redis = (left.data_dir / "appendonlydir").exists()
        found.append(left.names())
        assert found[-1] in (["First", "In the log"], ["First"]), steps[number - 1]
        # The new database never meets what the old one's Redis knew.
        assert found[-1] != ["First"] or not has_redis
        left.run("restore", str(backup))
        assert left.names() == ["First"]
        kept = {path.name for path in left.data_dir.iterdir()}
        assert kept <= {"anthyx.db", "secrets.json", "serve.lock", "use.lock"}, kept
    assert (found[0], found[-1]) == (["First", "In the log"], ["First"])


def test_secrets_that_were_missing_are_there_before_the_database(
    deployment: Deployment, tmp_path: Path
) -> None:
    prepared, backup = prepare(deployment, tmp_path)
    (prepared / "secrets.json").unlink()
    (prepared / "anthyx.db").unlink()
    (prepared / "anthyx.db-wal").unlink()
    (prepared / "anthyx.db-shm").unlink()
    directory = tmp_path / "killed"
    steps = kill_at_each_step(prepared, backup, directory)
    for number in range(1, len(steps) + 2):
        left = Deployment(directory / str(number))
        if left.database.exists():
            assert (left.data_dir / "secrets.json").exists(), steps[number - 1]
            assert left.names() == ["First"]


def test_a_backup_that_is_killed_leaves_no_file_of_that_name(
    deployment: Deployment, tmp_path: Path
) -> None:
    file = tmp_path / "anthyx.backup"
    program = (
        "import os, signal, sys\n"
        "from anthyx_server import cli\n"
        "os.link = os.rename = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)\n"
        "cli.main()\n"
    )
    words = [sys.executable, "-c", program, "backup", str(file)]
    done = subprocess.run([*words, "--data-dir", str(deployment.data_dir)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert not file.exists()
    deployment.run("backup", str(file))
