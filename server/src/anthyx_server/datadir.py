"""The data directory of an embedded deployment: who may use it, and who does."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from anthyx_server.environment import ConfigurationError


@contextmanager
def claimed(data_dir: Path) -> Iterator[None]:
    """Make the directory where it is missing, and hold it; the kernel lets go when we end.

    Raises:
        ConfigurationError: it can't be written to, or another server holds it.
    """
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = (data_dir / "serve.lock").open("a")
    except OSError as error:
        raise _unusable(data_dir, error) from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigurationError(
                f"another server uses the data directory {data_dir}: stop it, or set --data-dir"
            ) from None
        except OSError as error:
            raise _unusable(data_dir, error) from None
        yield


@contextmanager
def used(data_dir: Path) -> Iterator[None]:
    """Tell, while the block runs, that this process uses what is in the directory.

    Raises:
        ConfigurationError: it can't be written to, or a backup is being restored into it.
    """
    with _holding(data_dir, fcntl.LOCK_SH):
        yield


@contextmanager
def emptied(data_dir: Path) -> Iterator[None]:
    """Let no other process use what is in the directory while the block runs.

    Raises:
        ConfigurationError: one does.
    """
    with _holding(data_dir, fcntl.LOCK_EX):
        yield


@contextmanager
def _holding(data_dir: Path, how: int) -> Iterator[None]:
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = (data_dir / "use.lock").open("a")
    except OSError as error:
        raise _unusable(data_dir, error) from None
    with file:
        try:
            fcntl.flock(file, how | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigurationError(
                f"a backup is being restored into {data_dir}: try again when it is done"
                if how == fcntl.LOCK_SH
                else f"a program uses the data directory {data_dir}: stop it first"
            ) from None
        except OSError as error:
            raise _unusable(data_dir, error) from None
        yield


def _unusable(data_dir: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError(f"cannot use the data directory {data_dir}: {error.strerror}")
