"""Restores again and again, killed before each step that changes something on the disk in turn.

Usage: python killed.py PREPARED_DATA_DIR BACKUP DIRECTORY

Makes `DIRECTORY/<number>`, a copy of the prepared directory in which a restore was killed before
its step of that number, and ends after the first that was not. Prints what the steps were.
"""

import functools
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from anthyx_server.backup import restore, sealed
from anthyx_server.config import Settings

PASSPHRASE = "correct horse battery"
STEPS = ("fsync", "rename", "replace", "unlink", "remove", "rmdir", "mkdir", "link", "chmod")


def kill_before(number: int) -> None:
    """Let this process be killed before it takes so many steps."""
    taken = 0

    def watched(name: str, step: Callable[..., Any]) -> Callable[..., Any]:
        def take(*arguments: Any, **options: Any) -> Any:
            nonlocal taken
            taken += 1
            if taken == number:
                os.write(1, f"{number} {name}\n".encode())
                os.kill(os.getpid(), signal.SIGKILL)
            return step(*arguments, **options)

        return take

    for name in STEPS:
        setattr(os, name, watched(name, getattr(os, name)))


def main() -> None:
    """Kill at each step."""
    prepared, backup, directory = map(Path, sys.argv[1:])
    # What the passphrase costs, once instead of at each step.
    sealed._key = functools.cache(sealed._key)  # noqa: SLF001
    sealed.read(sealed.path_beside(backup), PASSPHRASE)
    number = 0
    while True:
        number += 1
        data_dir = Path(shutil.copytree(prepared, directory / str(number), symlinks=True))
        child = os.fork()
        if not child:
            kill_before(number)
            settings = Settings.from_env({}, data_dir=data_dir, may_lack_secrets=True)
            restore(settings, backup, lambda: PASSPHRASE, lambda *_: None)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            sys.exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
