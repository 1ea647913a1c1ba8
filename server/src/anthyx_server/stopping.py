"""Whether this process was asked to end: what waits for something looks here and lets go."""

from __future__ import annotations

import threading

_asked = threading.Event()


def ask() -> None:
    """Ask what waits in this process to let go; for a signal handler."""
    _asked.set()


def is_asked() -> bool:
    """True once the process is to end."""
    return _asked.is_set()
