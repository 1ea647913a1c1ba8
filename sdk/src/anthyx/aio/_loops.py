"""Keeps what belongs to one event loop apart from what belongs to another."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from anthyx import _fork

_Thing = TypeVar("_Thing")
_Loop = asyncio.AbstractEventLoop

# What a forked child has left behind. Collecting it would close connections of its parent's loop.
_abandoned: list[object] = []


class PerLoop(Generic[_Thing]):
    """A thing for each event loop: made when the loop first asks, dropped once it is closed.

    Not weakly held by the loop: connections know their loop, which would then live for ever.
    """

    def __init__(self, make: Callable[[], _Thing]) -> None:
        self._make = make
        self._things: dict[_Loop, _Thing] = {}
        self._lock = threading.Lock()
        _fork.watch(self)

    def after_fork(self) -> None:
        """Leave everything to the parent, and its lock, which may be held for ever."""
        _abandoned.append(self._things)
        self._things = {}
        self._lock = threading.Lock()

    def current(self) -> _Thing:
        """The thing of the running loop."""
        loop = asyncio.get_running_loop()
        found = self._things.get(loop)
        if found is not None:
            return found
        made = self._make()
        with self._lock:
            for closed in [each for each in self._things if each.is_closed()]:
                del self._things[closed]
            self._things[loop] = made
        return made

    def take_all(self) -> dict[_Loop, _Thing]:
        """All of them by their loops; new ones are made from now on."""
        with self._lock:
            things, self._things = self._things, {}
        return things
