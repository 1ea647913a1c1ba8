"""Looking up names in threads, so that one whose name servers hang holds up nobody else.

libcurl has a few threads for this, and ten names that hang stop every request that has to look
one up (seen with 8.23). So it gets the addresses from here, and judges them at the socket.
"""

from __future__ import annotations

import queue
import socket
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from anthyx_server import clock

MAX_AT_ONCE = 128
MAX_SLOW = 32
FRESH_SECONDS = 15  # then it is looked up again while it is still used
KNOWN_SECONDS = 30
_REFRESH_SECONDS = 1  # between two tries, while what is known still holds
_SLOW_AFTER_SECONDS = 2
_SLOW_FOR_SECONDS = 600
_MAX_KNOWN = 10_000
_MAX_ADDRESSES = 16

# Gives the addresses of a name, none where it has none; may take as long as it likes.
LookUp = Callable[[str], list[str]]


def look_up(host: str) -> list[str]:
    """The addresses of a name, as the system has them."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [str(address[0]) for *_, address in found]


@dataclass(slots=True)
class Known:
    """What a name resolved to, when, and for which ports libcurl has been told."""

    addresses: list[str]
    at: float
    ask_again_at: float
    told: set[int] = field(default_factory=set)


class BoundedLookUp:
    """Looks up one name, and waits no longer than `seconds`.

    At most 16 run at once in a process, the abandoned ones included: further names get no answer.
    """

    _places = threading.BoundedSemaphore(16)

    def __init__(self, look_up: LookUp = look_up, seconds: float = 3) -> None:
        self._look_up = look_up
        self._seconds = seconds

    def __call__(self, host: str) -> list[str]:
        """The addresses of a name; none where there are none, or none in time."""
        if not self._places.acquire(blocking=False):
            return []
        answers: queue.SimpleQueue[list[str]] = queue.SimpleQueue()
        if not _start_thread(self._run, host, answers):
            self._places.release()
            return []
        try:
            return answers.get(timeout=self._seconds)
        except queue.Empty:
            return []

    def _run(self, host: str, answers: queue.SimpleQueue[list[str]]) -> None:
        addresses: list[str] = []
        try:
            addresses = self._look_up(host)
        finally:
            answers.put(addresses)
            self._places.release()


class Names:
    """The names that one sender looks up; all its methods belong to the sender's thread.

    `nudge` is called from other threads when there is something to `take`. At most 128 look-ups
    run at once, and 32 of names that were slow within the last ten minutes.
    """

    def __init__(self, look_up: LookUp, nudge: Callable[[], None]) -> None:
        self._look_up = look_up
        self._nudge = nudge
        self._answers: queue.SimpleQueue[tuple[str, list[str]]] = queue.SimpleQueue()
        self._known: dict[str, Known] = {}
        self._running: dict[str, float] = {}
        self._queued: deque[str] = deque()
        self._slow: dict[str, float] = {}

    @property
    def is_busy(self) -> bool:
        """True where there is, or will be, something to take."""
        return bool(self._running or self._queued)

    def find(self, host: str) -> Known | None:
        """What is known of a name; None where its answer will have to be taken later."""
        known = self._known.get(host)
        now = clock.monotonic()
        if known is None or now - known.at >= KNOWN_SECONDS:
            self._ask(host)
            return None
        if now >= known.ask_again_at:
            known.ask_again_at = now + _REFRESH_SECONDS
            self._ask(host)
        return known

    def take(self) -> list[tuple[str, Known]]:
        """The names that were answered since the last time."""
        taken = []
        while True:
            try:
                host, addresses = self._answers.get_nowait()
            except queue.Empty:
                break
            now = clock.monotonic()
            if now - self._running.pop(host) < _SLOW_AFTER_SECONDS:
                self._slow.pop(host, None)
            known = Known(addresses[:_MAX_ADDRESSES], now, now + FRESH_SECONDS)
            if addresses:
                _keep(self._known, host, known)
            taken.append((host, known))
        if self._queued:
            self._start()
        return taken

    def give_up(self, host: str) -> None:
        """Nobody waits for this name any more: it was too slow, and has to stand back."""
        _keep(self._slow, host, clock.monotonic() + _SLOW_FOR_SECONDS)
        if host in self._queued:
            self._queued.remove(host)

    def _ask(self, host: str) -> None:
        if host not in self._running and host not in self._queued:
            self._queued.append(host)
            self._start()

    def _start(self) -> None:
        now = clock.monotonic()
        slow = sum(self._is_slow(host, now) for host in self._running)
        for host in list(self._queued):
            if len(self._running) >= MAX_AT_ONCE:
                break
            if self._is_slow(host, now):
                if slow >= MAX_SLOW:
                    continue
                slow += 1
            if not _start_thread(self._run, host):
                break
            self._queued.remove(host)
            self._running[host] = now

    def _is_slow(self, host: str, now: float) -> bool:
        has_hung = now - self._running.get(host, now) > _SLOW_AFTER_SECONDS
        return has_hung or self._slow.get(host, 0) > now

    def _run(self, host: str) -> None:
        addresses: list[str] = []
        try:
            addresses = self._look_up(host)
        finally:
            self._answers.put((host, addresses))
            self._nudge()


def _start_thread(target: Callable[..., None], *arguments: Any) -> bool:
    """False where this machine has no thread left."""
    try:
        threading.Thread(target=target, args=arguments, daemon=True).start()
    except RuntimeError:
        return False
    return True


def _keep(kept: dict[str, Any], host: str, value: Any) -> None:
    """Keep a value as the newest; the oldest goes where there are too many."""
    kept.pop(host, None)
    if len(kept) >= _MAX_KNOWN:
        del kept[next(iter(kept))]
    kept[host] = value
