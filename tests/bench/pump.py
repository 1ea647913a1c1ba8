"""A worker process that does nothing but deliver; says on demand what it has taken."""

from __future__ import annotations

import cProfile
import logging
import pstats
import resource
import sys
import threading
import time

from anthyx_server.app import create_app
from anthyx_server.config import Settings
from anthyx_server.webhooks.engine import Pump


def main(profile: str = "") -> None:
    """Deliver until the input ends; each line asks for the memory taken so far, in KiB."""
    logging.basicConfig(level=logging.WARNING)
    if profile:
        threading.setprofile  # noqa: B018
    pump = Pump(create_app(Settings.from_env()))
    if profile:
        for target in (pump._dispatcher, pump._books):
            _profiled(target, "_run" if hasattr(target, "_run") else "run", profile)
        pump._dispatcher._thread._target = pump._dispatcher._run
        pump._thread._target = pump._books.run
    pump.start()
    print("ready", flush=True)
    for _ in sys.stdin:
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, flush=True)
    pump.stop()


def _profiled(target, name, profile):
    run = getattr(target, name)

    def wrapped(*a):
        p = cProfile.Profile(time.thread_time)
        try:
            p.runcall(run, *a)
        finally:
            with open(f"{profile}.{type(target).__name__}", "w") as f:
                pstats.Stats(p, stream=f).sort_stats("tottime").print_stats(45)

    setattr(target, name, wrapped)


if __name__ == "__main__":
    main(*sys.argv[1:])
