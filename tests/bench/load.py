"""The load: connections that each send their next request as soon as the last one is answered."""

from __future__ import annotations

import itertools
import select
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter, process_time

CONNECTIONS = 16
_TIMEOUT_SECONDS = 10.0
_CHUNK = 262_144
_OK = b"HTTP/1.1 200 "
_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"content-length:"


class VoidRunError(Exception):
    """The figures would be wrong: an answer was not 200, or the load was the bottleneck."""


@dataclass(frozen=True)
class Load:
    """What a stretch of load saw: answers, its length, sorted latencies, this process's CPU."""

    answers: int
    seconds: float
    latencies: list[float]
    own_cpu_seconds: float

    @property
    def rate(self) -> float:
        """Answers per second."""
        return self.answers / self.seconds

    def percentile(self, percent: float) -> float:
        """The latency in seconds that so many percent of the answers did not exceed."""
        return self.latencies[min(self.answers - 1, int(self.answers * percent / 100))]


def get(path: str, token: str) -> bytes:
    """A GET request as it goes over the wire; all variants are sent the same header fields."""
    lines = (
        f"GET {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "User-Agent: bench",
        "Accept: application/json",
        f"Authorization: Bearer {token}",
    )
    return "\r\n".join((*lines, "", "")).encode()


def drive(port: int, requests: Sequence[bytes], seconds: float) -> Load:
    """Send these requests in turn for so long, over keep-alive connections.

    Raises:
        VoidRunError: an answer was not 200, or did not come.
    """
    return _drive(port, itertools.cycle(requests), seconds)


def send_once(port: int, requests: Sequence[bytes]) -> Load:
    """Send each of these requests once.

    Raises:
        VoidRunError: an answer was not 200, or did not come.
    """
    return _drive(port, iter(requests), float("inf"))


def _drive(port: int, requests: Iterator[bytes], seconds: float) -> Load:
    latencies: list[float] = []
    with select.epoll() as poller:
        first = itertools.islice(requests, CONNECTIONS)
        waiting = {c.fileno: c for c in [_Connection(port, request) for request in first]}
        for connection in waiting.values():
            poller.register(connection.fileno, select.EPOLLIN)
        cpu, start = process_time(), perf_counter()
        deadline = start + seconds
        for connection in waiting.values():
            connection.send(connection.first)
        while waiting:
            ready = poller.poll(_TIMEOUT_SECONDS)
            if not ready:
                raise VoidRunError(f"no answer within {_TIMEOUT_SECONDS:.0f} s")
            for fileno, _ in ready:
                connection = waiting[fileno]
                if not connection.receive():
                    continue
                now = perf_counter()
                latencies.append(now - connection.sent_at)
                request = next(requests, None) if now < deadline else None
                if request is None:
                    poller.unregister(fileno)
                    waiting.pop(fileno).close()
                else:
                    connection.send(request)
        elapsed, cpu = perf_counter() - start, process_time() - cpu
    return Load(len(latencies), elapsed, sorted(latencies), cpu)


class _Connection:
    """One keep-alive connection with at most one request in flight."""

    __slots__ = ("_missing", "_received", "_socket", "fileno", "first", "sent_at")

    def __init__(self, port: int, first: bytes) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), _TIMEOUT_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""
        self._missing = 0
        self.fileno = self._socket.fileno()
        self.first = first
        self.sent_at = 0.0

    def send(self, request: bytes) -> None:
        """Send a request; small enough never to block."""
        self.sent_at = perf_counter()
        self._socket.sendall(request)

    def receive(self) -> bool:
        """Take what has come; True where the answer is whole.

        Raises:
            VoidRunError: the server hung up, or the answer isn't 200.
        """
        data = self._socket.recv(_CHUNK)
        if not data:
            raise VoidRunError("the server closed a connection")
        if self._missing:
            self._missing -= len(data)
        else:
            head, end, body = (self._received + data).partition(_END_OF_HEAD)
            if not end:
                self._received = head
                return False
            self._received = b""
            self._missing = _content_length(head) - len(body)
        return self._missing == 0

    def close(self) -> None:
        """Close it."""
        self._socket.close()


def _content_length(head: bytes) -> int:
    if not head.startswith(_OK):
        raise VoidRunError(f"the answer starts with {head[:80]!r}")
    at = head.lower().find(_LENGTH)
    if at < 0:
        raise VoidRunError("an answer has no Content-Length")
    return int(head[at + len(_LENGTH) :].partition(b"\r\n")[0])
