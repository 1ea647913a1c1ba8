"""A small, fast receiver for where nginx is not: reads requests, answers 204."""

from __future__ import annotations

import asyncio
import sys

_ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"
_LENGTH = b"content-length:"


class _Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self._left = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        text = self._left + data
        answers = 0
        while (end := text.find(b"\r\n\r\n")) >= 0:
            place = text.lower().find(_LENGTH, 0, end) + len(_LENGTH)
            size = end + 4 + int(text[place : text.index(b"\r\n", place)])
            if len(text) < size:
                break
            text = text[size:]
            answers += 1
        self._left = text
        if answers:
            self._transport.write(_ANSWER * answers)  # type: ignore[attr-defined]


async def _serve(port: int, hosts: list[str]) -> None:
    server = await asyncio.get_running_loop().create_server(_Connection, hosts, port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), sys.argv[2:]))
