"""Waiting for what libcurl waits for, and for nudges, with few system calls."""

from __future__ import annotations

import contextlib
import selectors
import socket
from typing import Any

import pycurl

_ACTIONS = {
    selectors.EVENT_READ: pycurl.CSELECT_IN,
    selectors.EVENT_WRITE: pycurl.CSELECT_OUT,
    selectors.EVENT_READ | selectors.EVENT_WRITE: pycurl.CSELECT_IN | pycurl.CSELECT_OUT,
}
_EVENTS = {
    pycurl.POLL_IN: selectors.EVENT_READ,
    pycurl.POLL_OUT: selectors.EVENT_WRITE,
    pycurl.POLL_INOUT: selectors.EVENT_READ | selectors.EVENT_WRITE,
}


class Sockets:
    """The sockets of one multi handle.

    libcurl forgets a connection's socket after each request and asks for it again at the next.
    Here it stays registered as it was, until it is closed or has something to say that nobody
    waits for: that is three system calls less for each request. Sockets of libcurl's own are
    registered for as long as it asks.
    """

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._connections: set[int] = set()
        self._wanted: dict[int, int] = {}
        self._registered: dict[int, int] = {}

    def open(self, family: int, kind: int, protocol: int) -> int:
        """A socket for a connection, which libcurl will close."""
        fd = socket.socket(family, kind, protocol).detach()
        # Closed sockets leave the selector without a word: what is known is of one before.
        self._unregister(fd)
        self._connections.add(fd)
        return fd

    def on_wish(self, what: int, fd: int, _multi: Any, _data: Any) -> None:
        """Take up what libcurl waits for on a socket."""
        if what == pycurl.POLL_REMOVE:
            self._wanted.pop(fd, None)
            if fd not in self._connections:
                self._unregister(fd)
            return
        self._wanted[fd] = events = _EVENTS[what]
        if self._registered.get(fd) != events:
            self._unregister(fd)
            with contextlib.suppress(OSError):  # it would fail all transfers; this one times out
                self._selector.register(fd, events)
                self._registered[fd] = events

    def wait(self, seconds: float) -> list[tuple[int, int]]:
        """What is ready, as libcurl is told of it; nothing where `nudge` or the time ended it."""
        ready = []
        for key, events in self._selector.select(seconds):
            if wanted := events & self._wanted.get(key.fd, 0):
                ready.append((key.fd, _ACTIONS[wanted]))
            elif key.fileobj is self._woken:
                self._drain()
            else:
                self._unregister(key.fd)
        return ready

    def nudge(self) -> None:
        """End a `wait`, or the next one. From any thread, also after `close`."""
        with contextlib.suppress(OSError):
            self._waker.send(b"\0")

    def close(self) -> None:
        """Let go of everything but the connections, which the multi handle closes."""
        self._selector.close()
        self._woken.close()
        self._waker.close()

    def _drain(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._woken.recv(4096):
                pass

    def _unregister(self, fd: int) -> None:
        if self._registered.pop(fd, None) is not None:
            self._selector.unregister(fd)
