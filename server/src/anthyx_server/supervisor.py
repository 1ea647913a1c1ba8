"""Runs the parts of an embedded deployment: starts them in order, revives them, ends them cleanly.

    with Supervisor(settings.data_dir) as supervisor:
        supervisor.start(redis_part(settings.data_dir))
        ...                                      # migrations, the first workspace
        supervisor.start(Part("web", ...), Part("worker", ...))
        ...                                      # tell where it listens
        supervisor.watch()

The first SIGINT or SIGTERM ends all of it in order, a second one at once.
"""

from __future__ import annotations

import logging
import os
import select
import signal
from contextlib import ExitStack, suppress
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

from anthyx_server.clock import monotonic
from anthyx_server.datadir import claimed
from anthyx_server.parts import Part, RunningPart, describe_exit, end, end_leftovers

logger = logging.getLogger(__name__)

_START_SECONDS = 60.0

# A part that lived so long is revived at once; one that keeps ending waits longer each time.
_STEADY_SECONDS = 30.0
_DELAYS_SECONDS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)


class StopRequested(Exception):
    """A signal asked for the end while something was being started."""


class Supervisor:
    """Holds a data directory and the processes that work in it; lives in the main thread.

    Asked to end, parts get `stop_seconds` before they are killed.
    """

    def __init__(self, data_dir: Path, stop_seconds: float = 15.0) -> None:
        self._data_dir = data_dir
        self._stop_seconds = stop_seconds
        self._parts: list[_Supervised] = []
        self._signals = _Signals()
        self._resources = ExitStack()

    def __enter__(self) -> Self:
        """Take the directory and end what a killed supervisor left in it.

        Raises:
            ConfigurationError: the directory can't be used, or another server uses it.
            PartError: something left behind does not go away.
        """
        with ExitStack() as resources:
            resources.enter_context(claimed(self._data_dir))
            resources.enter_context(self._signals)
            end_leftovers(self._data_dir)
            self._resources = resources.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        """End every part in order; a stop that was asked for is no error."""
        with self._resources:
            for is_last in (False, True):
                runs = [each.run for each in self._parts if each.part.ends_last is is_last]
                end(runs, self._stop_seconds, self._signals.is_urgent)
        return isinstance(error, StopRequested)

    def start(self, *parts: Part) -> None:
        """Start parts together and wait until all are ready; from then on `watch` revives them.

        Raises:
            PartError: one of them ended or didn't get ready.
            StopRequested: a signal asked for the end meanwhile; the `with` block swallows it.
        """
        self._check_stop()
        for part in parts:
            self._parts.append(_Supervised(part, self._data_dir))
        for each in self._parts[-len(parts) :]:
            each.run.wait_ready(_START_SECONDS, self._check_stop)

    def watch(self) -> None:
        """Revive what ends, until a signal asks for the end."""
        while not self._signals.stop_requested:
            now = monotonic()
            due = [at for each in self._parts if (at := each.revive(now)) is not None]
            self._signals.wait(min(due) - now if due else None)

    def _check_stop(self) -> None:
        if self._signals.stop_requested:
            raise StopRequested


class _Supervised:
    """A part, its present run, and when the next one is due."""

    def __init__(self, part: Part, run_dir: Path) -> None:
        self.part = part
        self.run = RunningPart(part, run_dir)
        self._run_dir = run_dir
        self._started_at = monotonic()
        self._quick_ends = 0
        self._due_at: float | None = None

    def revive(self, now: float) -> float | None:
        """Start it again if it ended and its delay is over; until then say when that will be."""
        if self._due_at is None:
            exit_code = self.run.exit_code
            if exit_code is None:
                return None
            self._due_at = now + self._delay(now, exit_code)
        if self._due_at > now:
            return self._due_at
        self.run = RunningPart(self.part, self._run_dir)
        self._started_at, self._due_at = now, None
        return None

    def _delay(self, now: float, exit_code: int) -> float:
        if now - self._started_at >= _STEADY_SECONDS:
            self._quick_ends = 0
        delay = _DELAYS_SECONDS[min(self._quick_ends, len(_DELAYS_SECONDS) - 1)]
        self._quick_ends += 1
        how = describe_exit(exit_code)
        logger.warning("%s %s; starting it again in %.1f s", self.part.name, how, delay)
        return delay


class _Signals:
    """SIGINT, SIGTERM and SIGCHLD as something to wait for.

    Handlers are set even where the shell had us ignore SIGINT, as it does for background jobs.
    """

    def __init__(self) -> None:
        self._stops = 0

    def __enter__(self) -> Self:
        """Take the signals over."""
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)
        self._previous_writer = signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        handlers = {
            signal.SIGINT: self._stop,
            signal.SIGTERM: self._stop,
            signal.SIGCHLD: lambda _number, _frame: None,
        }
        self._previous = {each: signal.signal(each, act) for each, act in handlers.items()}
        return self

    def __exit__(self, *_error: object) -> None:
        """Give the signals back."""
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._previous_writer)
        os.close(self._reader)
        os.close(self._writer)

    @property
    def stop_requested(self) -> bool:
        """Whether SIGINT or SIGTERM has come."""
        return self._stops > 0

    def is_urgent(self) -> bool:
        """Whether it has come a second time."""
        return self._stops > 1

    def wait(self, seconds: float | None) -> None:
        """Return at the next signal, or after so many seconds."""
        select.select([self._reader], [], [], seconds)
        with suppress(BlockingIOError):
            os.read(self._reader, 4096)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        # Only counted: an exception out of a handler could leave the locks of others locked.
        self._stops += 1
