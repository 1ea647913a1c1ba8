"""Waking: a commit with new deliveries rings the worker, which would look each second anyway."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import redis
from blinker import Signal
from flask import current_app
from redis.exceptions import RedisError

from anthyx_server import clock, db
from anthyx_server.queue import enqueue, job, make_queue
from anthyx_server.redis_link import TIMEOUT_SECONDS, RedisLink, RedisUnavailableError

log = logging.getLogger(__name__)

# Sent when a wake could not be enqueued.
wake_failed = Signal()

# What commits within so long of a ring is found by the pump, which after a ring looks around for
# seconds.
QUIET_SECONDS = 0.2
_KEY = "anthyx:webhooks:wake"


class Alarm:
    """What a ring calls in this process: the pump, where one runs."""

    def __init__(self) -> None:
        self._acts: list[Callable[[], None]] = []

    def register(self, act: Callable[[], None]) -> None:
        """Call `act` at each ring, from any thread; it must return at once."""
        self._acts.append(act)

    def unregister(self, act: Callable[[], None]) -> None:
        """Call it no more."""
        self._acts.remove(act)

    def ring(self) -> None:
        """Tell that there is work."""
        for act in tuple(self._acts):
            act()


@job()
def ring() -> None:
    """Ring in the process of the worker."""
    alarm: Alarm = current_app.extensions["anthyx_alarm"]
    alarm.ring()


class Waker:
    """One process's way to wake workers, at most five times a second."""

    def __init__(self, link: RedisLink) -> None:
        self._link = link
        self._lock = threading.Lock()
        self._quiet_until = 0.0
        client = redis.Redis.from_url(
            link.url,
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            protocol=2,
            retry=None,
            driver_info=None,  # spares two round trips per connection
        )
        self._queue = make_queue(client)

    def wake(self) -> None:
        """Have a worker ring, unless somebody did so a moment ago. Raises nothing."""
        if self._is_quiet():
            return
        try:
            if self._link.call("SET", _KEY, "1", "NX", "PX", int(QUIET_SECONDS * 1000)):
                enqueue(self._queue, ring)
        except (RedisUnavailableError, RedisError, OSError) as error:
            wake_failed.send(self)
            log.debug("no wake: Redis unavailable (%s)", type(error).__name__)

    def _is_quiet(self) -> bool:
        """Whether this process has woken somebody a moment ago; if not, it is about to."""
        with self._lock:
            moment = clock.monotonic()
            if moment < self._quiet_until:
                return True
            self._quiet_until = moment + QUIET_SECONDS
            return False


def wake_at_commit() -> None:
    """Wake a worker once the open transaction has committed; twice is once."""
    info = db.db.session().info
    if "wake" not in info:
        waker: Waker = current_app.extensions["anthyx_waker"]
        info["wake"] = True

        def wake() -> None:
            info.pop("wake", None)
            waker.wake()

        db.after_commit(wake)
