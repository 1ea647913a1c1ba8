"""Temporary directories that don't outlive their test run for long, even where it was killed."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PREFIX = "anthyx-tests-"


@contextmanager
def scratch_directory() -> Iterator[Path]:
    """A directory with a short path, removed in the end.

    It holds a lock while it is in use, by which a later run tells what a killed one left.
    """
    _remove_abandoned()
    directory, lock = _make()
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)
        os.close(lock)


def _make() -> tuple[Path, int]:
    while True:
        directory = Path(tempfile.mkdtemp(prefix=_PREFIX))
        lock = os.open(directory / "lock", os.O_CREAT | os.O_RDWR)
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Before it was locked, another run may have taken it for an abandoned one.
        if (directory / "lock").exists():
            return directory, lock
        os.close(lock)


def _remove_abandoned() -> None:
    for directory in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            lock = os.open(directory / "lock", os.O_RDWR)
        except OSError:
            continue  # being made or removed, or another user's
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        else:
            shutil.rmtree(directory, ignore_errors=True)
        finally:
            os.close(lock)
