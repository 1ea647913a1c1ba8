"""Requests as bytes over a real socket, and the answers read back."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any
from urllib.parse import urlsplit

from tests.support.problems import check_problem


@dataclass(frozen=True)
class Answer:
    """One answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    def problem(self) -> dict[str, Any]:
        """The document of a 4xx answer."""
        assert 400 <= self.status < 500, (self.status, self.body[:300])
        return check_problem(self.status, self.headers, self.body)


@dataclass(frozen=True)
class Wire:
    """Where a server listens, and the key to use."""

    url: str
    token: str

    def send(self, request: bytes) -> Answer:
        """Send these bytes and no more; the answer, which is read however it ends."""
        address = urlsplit(self.url)
        with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
            try:
                connection.sendall(request)
                connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # answered before all was sent
            response = HTTPResponse(connection)
            response.begin()
            return Answer(response.status, dict(response.headers), response.read())

    def request(
        self,
        method: bytes = b"POST",
        target: bytes = b"/v1/brands",
        headers: tuple[bytes, ...] = (b"Content-Type: application/json",),
        body: bytes = b"",
        *,
        authorization: bytes | None = None,
    ) -> Answer:
        """Send a request with this server's key and a right Content-Length."""
        key = f"Authorization: Bearer {self.token}".encode()
        lines = [
            b"%s %s HTTP/1.1" % (method, target),
            b"Host: api.example.com",
            b"Connection: close",
            key if authorization is None else authorization,
            *headers,
        ]
        has_length = any(line.lower().startswith((b"content-l", b"transfer")) for line in headers)
        if body and not has_length:
            lines.append(b"Content-Length: %d" % len(body))
        return self.send(b"\r\n".join([*lines, b"", body]))
