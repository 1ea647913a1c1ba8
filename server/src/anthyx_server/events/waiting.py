"""Waiting for something to happen, by as few threads as leaves the others their share."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from flask import Flask, current_app

from anthyx_server import clock, stopping

_LOOK_SECONDS = 0.25


def init_waiting(app: Flask, threads: int) -> None:
    """Let at most half of the process's threads wait at once."""
    app.extensions["anthyx_waiting"] = threading.BoundedSemaphore(threads // 2)


def wait_until(has_happened: Callable[[], bool], seconds: float) -> None:
    """Ask about four times a second; return once the answer is yes or `seconds` are over.

    Returns at once where as many wait as may, and soon where the process is to end.
    """
    slots: threading.BoundedSemaphore = current_app.extensions["anthyx_waiting"]
    if not slots.acquire(blocking=False):
        return
    try:
        end = clock.monotonic() + seconds
        while not stopping.is_asked() and (left := end - clock.monotonic()) > 0:
            time.sleep(min(left, _LOOK_SECONDS))
            if has_happened():
                return
    finally:
        slots.release()
