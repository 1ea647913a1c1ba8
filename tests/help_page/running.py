"""The server that the help page's sentences are tried on."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from anthyx import Anthyx, Retry
from anthyx._clock import Clock
from tests.support.redis import RedisServer


@dataclass(frozen=True)
class Running:
    """A server on a real socket, and its data."""

    url: str
    app: Flask
    redis: RedisServer
    directory: Path

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.url.rpartition(":")[2])

    def client(self, token: str | Callable[[], str], clock: Clock = Clock()) -> Anthyx:  # noqa: B008
        """The SDK, which leaves limits to the server."""
        retry = Retry(attempts=5)
        url = f"{self.url}/v1"
        return Anthyx(token, base_url=url, rate_limit="ignore", retry=retry, clock=clock)

    def get(
        self, path: str = "/v1/brands", source: str = "127.0.0.1", **headers: str
    ) -> http.client.HTTPResponse:
        """A plain request from an address of this machine."""
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=30, source_address=(source, 0)
        )
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.body = answer.read()  # type: ignore[attr-defined]
        connection.close()
        return answer


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
