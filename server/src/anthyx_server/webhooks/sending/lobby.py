"""Where requests wait until the names they go to have been looked up."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

from anthyx_server import clock
from anthyx_server.webhooks.sending.exchange import Exchange
from anthyx_server.webhooks.sending.resolving import Known, Names


class Target(NamedTuple):
    """A URL as it was judged; `host` is None where it is an address."""

    url: str
    host: str | None
    port: int


class Leaving(NamedTuple):
    """A request whose waiting is over; `known` is None where its name was too slow."""

    exchange: Exchange
    target: Target
    known: Known | None


@dataclass(slots=True)
class _Waiting:
    exchange: Exchange
    target: Target
    host: str
    deadline: float
    is_over: bool = False


class Lobby:
    """Requests by the name they wait for, each for at most `seconds`."""

    def __init__(self, names: Names, seconds: float) -> None:
        self._names = names
        self._seconds = seconds
        self._by_host: dict[str, list[_Waiting]] = {}
        self._by_deadline: deque[_Waiting] = deque()

    @property
    def deadline(self) -> float | None:
        """When the first of them will have waited for too long, of `clock.monotonic`."""
        return self._by_deadline[0].deadline if self._by_deadline else None

    def enter(self, exchange: Exchange, target: Target, host: str) -> Known | None:
        """What is known of the name; where that is nothing, the request waits here."""
        known = self._names.find(host)
        if known is None:
            waiting = _Waiting(exchange, target, host, clock.monotonic() + self._seconds)
            self._by_host.setdefault(host, []).append(waiting)
            self._by_deadline.append(waiting)
        return known

    def leave(self) -> list[Leaving]:
        """Those whose name has been answered, and those that have waited for too long."""
        leaving = []
        for host, known in self._names.take():
            for waiting in self._by_host.pop(host, ()):
                waiting.is_over = True
                leaving.append(Leaving(waiting.exchange, waiting.target, known))
        now = clock.monotonic()
        while self._by_deadline and (
            self._by_deadline[0].is_over or self._by_deadline[0].deadline <= now
        ):
            waiting = self._by_deadline.popleft()
            if not waiting.is_over:
                leaving.append(self._expel(waiting))
        return leaving

    def _expel(self, waiting: _Waiting) -> Leaving:
        others = self._by_host[waiting.host]
        others.remove(waiting)
        if not others:
            del self._by_host[waiting.host]
            self._names.give_up(waiting.host)
        return Leaving(waiting.exchange, waiting.target, None)
