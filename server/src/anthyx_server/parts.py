"""The processes that one server consists of: started in sessions of their own, never left behind.

Each part holds a lock on its pid file for as long as it or a fork of it lives. So whatever a killed
supervisor leaves behind is found for certain, and nobody else's process is ever taken for it.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from anthyx_server import leash
from anthyx_server.clock import monotonic

_POLL_SECONDS = 0.01
_KILL_SECONDS = 10.0


class PartError(Exception):
    """A part can't be started or ended; the message says which and why in one line."""


@dataclass(frozen=True)
class Part:
    """What to run: `argv`, and `is_ready` to ask whether it serves yet.

    `inherits` are file descriptors that it gets under the same numbers; `log` is where it says
    why it failed, if not on standard error. A part with `ends_last` outlives the others.
    """

    name: str
    argv: tuple[str, ...]
    is_ready: Callable[[], bool] = lambda: True
    inherits: tuple[int, ...] = ()
    log: Path | None = None
    ends_last: bool = False


class RunningPart:
    """One run of a part: a process, and whatever it started.

    Start it in the main thread: on Linux it is killed when the thread that started it ends.
    """

    def __init__(self, part: Part, run_dir: Path) -> None:
        """Start it; `run_dir` must exist and takes the pid file.

        Raises:
            PartError: processes of an earlier run live on and can't be ended.
        """
        self.part = part
        self._pid_file = run_dir / f"{part.name}.pid"
        end_leftover(self._pid_file)
        with _locked(self._pid_file) as file:
            file.truncate(0)
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", leash.__file__, str(os.getpid()), *part.argv],
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                umask=0o077,
                pass_fds=(file.fileno(), *part.inherits),
            )
            file.write(str(self._process.pid).encode())
        # Closing our copy leaves the lock with the part: it belongs to the open file.

    @property
    def pid(self) -> int:
        """The process id, which is also that of its session."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative is the signal that ended it.

        What it has started itself ends with it.
        """
        if self._process.returncode is None and self._process.poll() is not None:
            self.send(signal.SIGKILL)
        return self._process.returncode

    def wait_ready(self, seconds: float, keep_waiting: Callable[[], None] = lambda: None) -> None:
        """Return once it serves; `keep_waiting` is called meanwhile and may raise.

        Raises:
            PartError: it ended, or did not get ready in time.
        """
        deadline = monotonic() + seconds
        hint = f"; see {self.part.log}" if self.part.log else ""
        while not self.part.is_ready():
            if self.exit_code is not None:
                how = describe_exit(self.exit_code)
                raise PartError(f"{self.part.name} {how} before it was ready{hint}")
            if monotonic() > deadline:
                raise PartError(f"{self.part.name} was not ready in {seconds:.0f} s{hint}")
            keep_waiting()
            time.sleep(_POLL_SECONDS)

    def send(self, signal_number: int) -> None:
        """Signal every process of the part's group."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal_number)

    def kill(self) -> None:
        """End every process of the part at once, and wait until all are gone.

        Raises:
            PartError: some process does not go away.
        """
        if self.exit_code is None:
            self.send(signal.SIGKILL)
            self._process.wait()
        end_leftover(self._pid_file)


def end(
    runs: Sequence[RunningPart], seconds: float, is_urgent: Callable[[], bool] = lambda: False
) -> None:
    """Ask all of them to end, and kill what is left after so many seconds, or once it is urgent.

    Raises:
        PartError: some process does not go away.
    """
    for run in runs:
        run.send(signal.SIGTERM)
    deadline = monotonic() + seconds
    while any(run.exit_code is None for run in runs):
        if monotonic() > deadline or is_urgent():
            break
        time.sleep(_POLL_SECONDS)
    for run in runs:
        run.kill()


def describe_exit(exit_code: int) -> str:
    """Say how a process ended, as in "was killed by SIGKILL"."""
    if exit_code < 0:
        return f"was killed by {signal.Signals(-exit_code).name}"
    return f"ended with exit code {exit_code}"


def end_leftovers(run_dir: Path) -> None:
    """Kill what an earlier, killed supervisor of this directory left behind.

    Raises:
        PartError: some process does not go away.
    """
    for pid_file in sorted(run_dir.glob("*.pid")):
        end_leftover(pid_file)


def end_leftover(pid_file: Path) -> None:
    """Kill the processes that still hold this pid file, and wait until they are gone.

    Raises:
        PartError: they live on.
    """
    deadline = monotonic() + _KILL_SECONDS
    while _is_held(pid_file):
        pid = pid_file.read_text(encoding="ascii").strip()
        if pid:
            with suppress(ProcessLookupError):
                os.killpg(int(pid), signal.SIGKILL)
        if monotonic() > deadline:
            raise PartError(f"a process of an earlier run does not end (pid {pid or 'unknown'})")
        time.sleep(_POLL_SECONDS)


@contextmanager
def _locked(pid_file: Path) -> Iterator[IO[bytes]]:
    with pid_file.open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield file


def _is_held(pid_file: Path) -> bool:
    if not pid_file.exists():
        return False
    try:
        with _locked(pid_file):
            return False
    except BlockingIOError:
        return True
