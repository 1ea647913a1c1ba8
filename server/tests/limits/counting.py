"""Counting what a request costs Redis: round trips, and commands within."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import hiredis
import redis


@dataclass
class Counted:
    """What passed since the last `reset`: client commands, and the waits for an answer."""

    commands: list[str] = field(default_factory=list)
    round_trips: int = 0
    _is_waiting: bool = False

    def reset(self) -> None:
        """Forget what passed."""
        self.commands.clear()
        self.round_trips = 0

    def asked(self, data: bytes, reader: hiredis.Reader) -> None:
        """Note what a client sends."""
        reader.feed(data)
        while (command := reader.gets()) is not False:
            self.commands.append(command[0].decode().upper())
        # What is sent before an answer came is one trip with what was sent before.
        self.round_trips += not self._is_waiting
        self._is_waiting = True

    def answered(self) -> None:
        """Note that an answer is about to arrive."""
        self._is_waiting = False


@contextmanager
def counting_proxy(directory: Path, upstream: Path) -> Iterator[tuple[str, Counted]]:
    """A Unix socket before Redis that counts; yields its URL and the count."""
    counted = Counted()
    path = directory / "counting.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        threading.Thread(target=_accept, args=(listener, upstream, counted), daemon=True).start()
        yield f"unix://{path}?db=0", counted
        listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, upstream: Path, counted: Counted) -> None:
    while True:
        try:
            client = listener.accept()[0]
        except OSError:
            return
        server = socket.socket(socket.AF_UNIX)
        server.connect(str(upstream))
        for pump in (_forward, _back):
            threading.Thread(target=pump, args=(client, server, counted), daemon=True).start()


def _forward(client: socket.socket, server: socket.socket, counted: Counted) -> None:
    reader = hiredis.Reader()
    with server, suppress(OSError):
        while data := client.recv(1_000_000):
            counted.asked(data, reader)
            server.sendall(data)
        server.shutdown(socket.SHUT_RDWR)


def _back(client: socket.socket, server: socket.socket, counted: Counted) -> None:
    # Who closes first, with an answer under way, resets the other's connection.
    with client, suppress(OSError):
        while data := server.recv(1_000_000):
            counted.answered()
            client.sendall(data)


def calls_within(client: redis.Redis) -> Counter[str]:
    """How often Redis ran each command so far, those that scripts call included."""
    stats: dict[str, dict[str, int]] = client.info("commandstats")
    return Counter({name.removeprefix("cmdstat_"): each["calls"] for name, each in stats.items()})
