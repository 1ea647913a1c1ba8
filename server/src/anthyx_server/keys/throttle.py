"""Counting failed authentications per address, in process: no I/O may depend on a bad key."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict

from anthyx_server import clock
from anthyx_server.addresses import source

LIMIT = 60
WINDOW_SECONDS = 60.0
_MAX_ADDRESSES = 50_000


class FailureThrottle:
    """Failed authentications of the last minute; an IPv6 /64 counts as one address."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._windows: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def note(self, address: str) -> int | None:
        """Count a failure; whole seconds to wait where there were too many, else None."""
        now = clock.monotonic()
        counted = source(address)
        with self._lock:
            opened, count = self._windows.pop(counted, (now, 0))
            if now - opened >= WINDOW_SECONDS:
                opened, count = now, 0
            self._windows[counted] = (opened, count + 1)
            if len(self._windows) > _MAX_ADDRESSES:
                self._windows.popitem(last=False)
        if count < LIMIT:
            return None
        return max(1, math.ceil(opened + WINDOW_SECONDS - now))
