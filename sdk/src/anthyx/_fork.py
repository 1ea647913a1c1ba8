"""Tells objects that hold sockets or locks that they woke up in a forked child."""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class Forkable(Protocol):
    """Something with state that a forked child must not share with its parent."""

    def after_fork(self) -> None:
        """Runs in the child, in its only thread, before any other code of the child."""


_live: weakref.WeakSet[Forkable] = weakref.WeakSet()


def watch(thing: Forkable) -> None:
    """Call `thing.after_fork()` in every child forked from now on, for as long as `thing` lives."""
    _live.add(thing)


def _after_fork() -> None:
    for thing in list(_live):
        thing.after_fork()


if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(after_in_child=_after_fork)
