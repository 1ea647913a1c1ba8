"""Looking up names within a bounded time, though the system's resolver knows no bound."""

from __future__ import annotations

import queue
import socket
import threading

_MAX_AT_ONCE = 16
_places = threading.BoundedSemaphore(_MAX_AT_ONCE)


class Resolver:
    """The system's resolver, asked in threads that may be left behind.

    At most 16 look-ups of a process run at once, the abandoned ones included.
    """

    def __init__(self, seconds: float = 3) -> None:
        self._seconds = seconds

    def addresses(self, host: str) -> list[str]:
        """The addresses of a name; none where there are none, or none within the time."""
        if not _places.acquire(blocking=False):
            return []
        answers: queue.SimpleQueue[list[str]] = queue.SimpleQueue()
        thread = threading.Thread(target=_look_up, args=(host, answers), daemon=True)
        thread.start()
        try:
            return answers.get(timeout=self._seconds)
        except queue.Empty:
            return []


def _look_up(host: str, answers: queue.SimpleQueue[list[str]]) -> None:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        # A zone, as in fe80::1%eth0, makes no address that a policy could allow.
        answers.put([str(address[0]) for *_, address in found])
    except (OSError, UnicodeError):
        answers.put([])
    finally:
        _places.release()
