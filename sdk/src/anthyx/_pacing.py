"""Shares what is left of the rate limits among the threads of a client, so that none meets a 429.

The newest answers say how many requests a window has left; requests that are under way may or may
not be in that number, so they are held to be not. While nothing is known, one request goes ahead
and the others wait for its answer, though not for long.
"""

from __future__ import annotations

import threading
from typing import NamedTuple

from . import _fork
from ._rate_limit import NO_RATE_LIMIT, RateLimit, RateLimitWindow

_POLL_SECONDS = 0.02
_SCOUT_SECONDS = 2.0  # a slow first answer must not stop everyone
_ROUNDING_SECONDS = 1.5  # the headers have whole seconds, and answers take their time


class _Window(NamedTuple):
    limit: int
    remaining: int
    length: int
    ends: float  # on the monotonic clock, never before the server's own end


class Delay(NamedTuple):
    """How long (seconds) to hold a request back; `window` is used up, or None to ask again soon."""

    seconds: float
    window: str | None = None
    limit: int | None = None


class Slot:
    """One request's place among those under way."""

    __slots__ = ("held", "scout")

    def __init__(self) -> None:
        self.held: bool = False
        self.scout: bool = False


class Pacer:
    """The windows of one key as a client's threads see them."""

    def __init__(self) -> None:
        self.latest: RateLimit = NO_RATE_LIMIT
        self._windows: dict[str, _Window] = {}
        self._blind = False  # the last scout learned nothing, so nobody waits for another
        self.after_fork()
        _fork.watch(self)

    def after_fork(self) -> None:
        """Forget the parent's requests under way, and its lock, which may be held for ever."""
        self._lock = threading.Lock()
        self._under_way = 0
        self._scout_since: float | None = None

    def exhausted(self, now: float) -> Delay | None:
        """The window that is known to be used up and ends last; None if requests may pass."""
        with self._lock:
            return self._exhausted(now)

    def take(self, slot: Slot, now: float) -> Delay | None:
        """Take a slot for a request, or say how long to wait before asking again."""
        with self._lock:
            delay = self._exhausted(now) or self._crowded(slot, now)
            if delay is None:
                self._under_way += 1
                slot.held = True
            return delay

    def give_back(self, slot: Slot, seen: RateLimit, now: float) -> None:
        """End a request; `seen` is what its answer reported, NO_RATE_LIMIT if there was none."""
        with self._lock:
            if slot.held:
                self._under_way = max(0, self._under_way - 1)
            if slot.scout:
                self._scout_since = None
                self._blind = not seen.windows
            slot.held = slot.scout = False
            if seen is not NO_RATE_LIMIT:
                self.latest = seen
            if seen.windows:
                self._blind = False
                self._learn(seen.windows, now)

    def _exhausted(self, now: float) -> Delay | None:
        used_up = [
            (window.ends, name, window.limit)
            for name, window in self._windows.items()
            if window.remaining <= 0 and window.ends > now
        ]
        if not used_up:
            return None
        ends, name, limit = max(used_up)
        return Delay(ends - now, name, limit)

    def _crowded(self, slot: Slot, now: float) -> Delay | None:
        for window in self._windows.values():
            left = window.remaining if window.ends > now else window.limit
            if left <= self._under_way:
                return Delay(_POLL_SECONDS)
        if self._windows or self._blind:
            return None
        if self._scout_since is None:
            self._scout_since = now
            slot.scout = True
            return None
        return Delay(_POLL_SECONDS) if now - self._scout_since < _SCOUT_SECONDS else None

    def _learn(self, reported: tuple[RateLimitWindow, ...], now: float) -> None:
        names = {each.name for each in reported}
        for name in self._windows.keys() - names:
            del self._windows[name]
        for each in reported:
            if each.remaining >= each.limit:
                continue  # no request has opened it, so the end that it shows will move
            new = _Window(each.limit, each.remaining, each.length, now + each.resets_in)
            old = self._windows.get(each.name)
            self._windows[each.name] = new if old is None else _newest(old, new, now)


def _newest(old: _Window, new: _Window, now: float) -> _Window:
    """What two answers, which may have overtaken each other, say together of a window."""
    apart = max(_ROUNDING_SECONDS, new.length / 2)
    if old.ends <= now or old.limit != new.limit or new.ends - old.ends > apart:
        return new
    if old.ends - new.ends > apart:
        return old
    ends = min(old.ends, new.ends)
    return _Window(new.limit, min(old.remaining, new.remaining), new.length, ends)
