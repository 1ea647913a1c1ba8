"""A server that answers every request with the same brand, as fast as Python can; for clients.

Needs nothing but the standard library. Arguments: the descriptor of a listening socket, the core.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys

_BRAND = {
    "id": "brand_01m85b8621tp3njfh6qm82sfwd",
    "object": "model",  # with the next two, what the peers' clients want of their own answers
    "created": 1,
    "owned_by": "x",
    "name": "Acme",
    "slug": "acme",
    "description": "Coffee roasted in small batches, delivered within two days of roasting.",
    "website_url": "https://acme.example.com/",
    "logo_url": None,
    "colors": [{"name": "Primary", "hex": "#1A2B3C"}, {"name": "Accent", "hex": "#FFAA00"}],
    "voice": {
        "tone": "warm, plain",
        "guidelines": "",
        "audience": "",
        "words_to_use": ["fresh"],
        "words_to_avoid": ["cheap"],
    },
    "timezone": "Europe/Berlin",
    "status": "active",
    "metadata": {"crm_id": "C-00001", "owner": "ada"},
    "version": 3,
    "created_at": "2026-11-23T10:00:00.000Z",
    "updated_at": "2026-11-23T10:00:00.000Z",
    "archived_at": None,
}
_HEADERS = (
    "Content-Type: application/json",
    "X-Request-Id: req_5f5c03f286d35991f903ddb5",
    'ETag: "3"',
    "Cache-Control: no-store",
    "X-RateLimit-Limit: 1000000",
    "X-RateLimit-Remaining: 999999",
    "X-RateLimit-Reset: 1790000060",
    'RateLimit-Policy: "minute";q=1000000;w=60, "day";q=9000000;w=86400',
    'RateLimit: "minute";r=999999;t=60, "day";r=8999999;t=86400',
)
_BODY = json.dumps(_BRAND).encode()
_ANSWER = (
    "\r\n".join(("HTTP/1.1 200 OK", *_HEADERS, f"Content-Length: {len(_BODY)}")) + "\r\n\r\n"
).encode() + _BODY


class _Answering(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._seen = b""

    def data_received(self, data: bytes) -> None:
        self._seen += data
        if self._seen.endswith(b"\r\n\r\n"):  # none of the requests has a body
            self._seen = b""
            self._transport.write(_ANSWER)


async def _serve(listener: socket.socket) -> None:
    server = await asyncio.get_running_loop().create_server(_Answering, sock=listener)
    await server.serve_forever()


if __name__ == "__main__":
    os.sched_setaffinity(0, {int(sys.argv[2])})
    asyncio.run(_serve(socket.socket(fileno=int(sys.argv[1]))))
