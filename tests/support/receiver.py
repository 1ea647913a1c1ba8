"""A receiver of webhooks on a loopback socket, which a test tells what to answer."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from anthyx_server.clock import monotonic


@dataclass(frozen=True)
class Received:
    """One request: its path, headers (names in lower case), body, and when it came."""

    path: str
    headers: dict[str, str]
    body: bytes = field(repr=False)
    at: float

    @property
    def delivery_id(self) -> str:
        """The delivery."""
        return self.headers["x-anthyx-delivery"]

    @property
    def event_id(self) -> str:
        """The event."""
        return self.headers["webhook-id"]

    @property
    def sequence(self) -> int:
        """The number of the delivery at its endpoint."""
        return int(self.headers["x-anthyx-sequence"])


@dataclass
class Answer:
    """What a request is answered with, once `wait` is over."""

    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    wait: Callable[[], Any] | None = None


class Receiver:
    """What was received, and how it is answered: `answer` is called with each request.

    `most_at_once` counts per path how many requests were under way together at most.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.received: list[Received] = []
        self.answer: Callable[[Received], Answer] = lambda _request: Answer()
        self.most_at_once: dict[str, int] = {}
        self._at_once: dict[str, int] = {}
        self._lock = threading.Lock()

    def url(self, path: str = "/hook", host: str = "127.0.0.1") -> str:
        """An address of it; `localhost` is another host to whoever counts by host."""
        return f"http://{host}:{self.port}{path}"

    def at(self, path: str) -> list[Received]:
        """What came to a path, in its order."""
        return [each for each in self.received if each.path == path]

    def take(self, request: Received) -> Answer:
        """Note a request and decide on its answer."""
        with self._lock:
            self.received.append(request)
            under_way = self._at_once[request.path] = self._at_once.get(request.path, 0) + 1
            self.most_at_once[request.path] = max(under_way, self.most_at_once.get(request.path, 0))
        try:
            answer = self.answer(request)
            if answer.wait is not None:
                answer.wait()
            return answer
        finally:
            with self._lock:
                self._at_once[request.path] -= 1


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        size = int(self.headers["Content-Length"])
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Received(self.path, headers, self.rfile.read(size), monotonic())
        answer = self.server.receiver.take(request)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, *_arguments: Any) -> None:
        """Nothing: tests look at what was received."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    receiver: Receiver

    def handle_error(self, _request: Any, _address: Any) -> None:
        """A sender that went away is part of some tests."""

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection, address


@contextmanager
def running_receiver() -> Iterator[Receiver]:
    """A receiver that runs until the block ends."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.receiver = Receiver(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
