"""A real HTTP server on this machine that answers as a test tells it to, and a virtual clock."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from anthyx import Clock

KEY = "anthyx_test_" + "0" * 38

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it arrived; header names in lower case, `port` tells connections apart."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    port: int

    @property
    def json(self) -> object:
        return json.loads(self.body)


def raw(status: int, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Exactly these bytes as the body."""

    def write(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response_only(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)
        handler.wfile.flush()

    return write


def ok(data: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """JSON."""
    named = {"Content-Type": "application/json", **(headers or {})}
    return raw(status, json.dumps(data).encode(), named)


def problem(
    status: int,
    code: str,
    retry_after: object = None,
    *,
    headers: Mapping[str, str] | None = None,
    **members: object,
) -> Answer:
    """A problem document as the API sends it; `retry_after` becomes the header."""
    document = {"status": status, "code": code, "detail": f"It is {code}.", **members}
    named = {"Content-Type": "application/problem+json", "X-Request-Id": "req_1", **(headers or {})}
    if retry_after is not None:
        named["Retry-After"] = str(retry_after)
    return raw(status, json.dumps(document).encode(), named)


def html(status: int) -> Answer:
    """What a proxy or a captive portal says."""
    return raw(status, b"<html>hello</html>", {"Content-Type": "text/html; charset=utf-8"})


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    """Close the connection without a word, as an idle timeout does."""
    handler.close_connection = True


def say_nothing(handler: BaseHTTPRequestHandler) -> None:
    """Keep the connection open until the client closes it."""
    handler.rfile.read(1)
    handler.close_connection = True


def cut_short(handler: BaseHTTPRequestHandler) -> None:
    """Announce more than is sent, then close the connection."""
    raw(200, b'{"id"', {"Content-Type": "application/json", "Content-Length": "99"})(handler)
    handler.close_connection = True


def echo(handler: BaseHTTPRequestHandler) -> None:
    """The query, as JSON."""
    ok(dict(parse_qsl(urlsplit(handler.path).query)))(handler)


class Loopback(ThreadingHTTPServer):
    """A server that notes what it sees and answers as it is told."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seen: list[Seen] = []
        self._answers: deque[Answer] = deque()
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def answers(self, *answers: Answer) -> None:
        """From now on these, in order; the last repeats."""
        self._answers = deque(answers)

    def next_answer(self, seen: Seen) -> Answer:
        with self._lock:
            self.seen.append(seen)
            return self._answers.popleft() if len(self._answers) > 1 else self._answers[0]


@contextmanager
def running() -> Iterator[Loopback]:
    """A server in a thread of its own."""
    with Loopback() as loopback:
        thread = threading.Thread(target=loopback.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield loopback
        finally:
            loopback.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one write per answer: two meet Nagle's algorithm and take 40 ms
    server: Loopback

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        port = self.client_address[1]
        self.server.next_answer(Seen(self.command, self.path, headers, body, port))(self)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = do_CONNECT = _answer  # noqa: N815 - http.server's names

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output to itself."""


@dataclass(slots=True)
class VirtualTime:
    """A clock that only moves when something sleeps; `chance` is what its random returns."""

    now: float = 1_790_000_000.0
    chance: float = 1.0
    sleeps: list[float] = field(default_factory=list[float])

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.now, lambda: self.now, self.sleep, lambda: self.chance)

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds
