"""A worker process that does nothing but deliver; tells on demand what memory it has taken."""

from __future__ import annotations

import cProfile
import logging
import pstats
import resource
import sys
import threading
import time
from pathlib import Path

from anthyx_server.app import create_app
from anthyx_server.config import Settings
from anthyx_server.webhooks.engine import Pump


def main(profile: str | None = None) -> None:
    """Deliver until the input ends; each line of it asks for the most memory so far, in KiB.

    With a path as `profile`, what each thread's CPU time went to is written there.
    """
    logging.basicConfig(level=logging.WARNING)
    app = create_app(Settings.from_env())
    if profile is not None:
        _profile_threads(Path(profile))
    pump = Pump(app)
    pump.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for _ in sys.stdin:
        sys.stdout.write(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}\n")
        sys.stdout.flush()
    pump.stop()


def _profile_threads(path: Path) -> None:
    run = threading.Thread.run

    def profiled(thread: threading.Thread) -> None:
        profile = cProfile.Profile(time.thread_time)
        try:
            profile.runcall(run, thread)
        finally:
            with path.with_suffix(f".{thread.name}").open("w", encoding="utf-8") as file:
                pstats.Stats(profile, stream=file).sort_stats("tottime").print_stats(50)

    threading.Thread.run = profiled  # type: ignore[assignment, method-assign]


if __name__ == "__main__":
    main(*sys.argv[1:])
