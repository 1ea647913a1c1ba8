"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from anthyx_server.backup.errors import BackupError


@contextmanager
def drafts_beside(file: Path) -> Iterator[Path]:
    """A directory of one's own beside a file that must not be there yet; removed in the end.

    Raises:
        BackupError: the file exists, or nothing can be written there.
    """
    refuse_existing(file)
    directory = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    try:
        directory.mkdir(mode=0o700)
    except OSError as error:
        raise BackupError(f"cannot write beside {file}: {error.strerror}") from None
    try:
        yield directory
    except OSError as error:
        raise BackupError(f"cannot write {file}: {error.strerror or error}") from None
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def refuse_existing(file: Path) -> None:
    """Raise a BackupError where there is such a file already."""
    if os.path.lexists(file):
        raise BackupError(f"{file} exists: choose another name, or move it away")


def publish(draft: Path, file: Path) -> None:
    """Give a finished draft its name, never instead of another file.

    Raises:
        BackupError: there is one meanwhile.
    """
    draft.chmod(0o600)
    sync(draft)
    try:
        os.link(draft, file)
    except FileExistsError:
        refuse_existing(file)
    except OSError:
        # A file system without hard links, such as a memory stick's.
        refuse_existing(file)
        draft.rename(file)
    sync(file.parent)


def sync(path: Path) -> None:
    """Return once a file, or what a directory lists, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
