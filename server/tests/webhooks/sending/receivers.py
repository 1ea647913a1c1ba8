"""Receivers that behave as they are told, over real sockets."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)

# What a receiver does with a request that it has read; it may close the connection.
Script = Callable[[socket.socket, bytes], None]


def answer(raw: bytes) -> Script:
    """Answers with these bytes and leaves the connection open."""

    def script(connection: socket.socket, request: bytes) -> None:
        connection.sendall(raw)

    return script


def answer_and_close(raw: bytes) -> Script:
    """Answers with these bytes and closes the connection."""

    def script(connection: socket.socket, request: bytes) -> None:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_RDWR)

    return script


def status(code: int, *headers: str, body: bytes = b"") -> Script:
    """Answers as it should, with this status."""
    lines = [f"HTTP/1.1 {code} Whatever", *headers, f"Content-Length: {len(body)}", "", ""]
    return answer("\r\n".join(lines).encode("latin-1") + body)


def reset(connection: socket.socket, request: bytes) -> None:
    """Ends the connection as a program that dies does."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def hang(connection: socket.socket, request: bytes) -> None:
    """Answers nothing and leaves the connection open."""


class Receiver:
    """Listens on the loopback until it is left; `requests` are those it has read."""

    def __init__(
        self,
        script: Script = hang,
        *,
        tls: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
        greeting: bytes = b"",
    ) -> None:
        self.script = script
        self._greeting = greeting
        self.requests: list[bytes] = []
        self.connections = 0
        self._tls = tls
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, 0), family=family)
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://localhost:{self.port}/hook"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for one in (self._listener, *self._open):
            one.close()

    @property
    def open_connections(self) -> int:
        """Those that nobody has closed yet."""
        return sum(thread.is_alive() for thread in self._threads[1:])

    def _start(self, target: Callable[..., None], *arguments: socket.socket) -> None:
        self._threads.append(threading.Thread(target=target, args=arguments, daemon=True))
        self._threads[-1].start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                if self._tls is not None:
                    connection = self._tls.wrap_socket(
                        connection, server_side=True, do_handshake_on_connect=False
                    )
                self._open.append(connection)
                self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection.sendall(self._greeting)
            while request := _read(connection):
                self.requests.append(request)
                self.script(connection, request)


def _read(connection: socket.socket) -> bytes:
    """One whole request; nothing where the other side has closed."""
    request = b""
    while piece := connection.recv(65_536):
        request += piece
        head, end, body = request.partition(b"\r\n\r\n")
        found = _LENGTH.search(head + b"\r\n")
        if end and found and len(body) >= int(found[1]):
            return request
    return b""
