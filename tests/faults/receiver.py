"""A receiver of webhooks that writes down whatever reaches it, over real sockets."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field

# Of a hundred events, this many are answered with 500 at their first attempt by `/flaky`.
_FLAKY_PERCENT = 10
_SLOW_SECONDS = 0.05


@dataclass(frozen=True)
class Receipt:
    """One request: which event at which attempt, how it was answered, and when (Unix seconds)."""

    event_id: str
    attempt: int
    status: int
    at: float


@dataclass
class Receiver:
    """What arrived, by path, and how many requests wait for their answer now.

    `forged` counts requests whose signature is not of their secret.
    """

    port: int = 0
    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    receipts: dict[str, list[Receipt]] = field(default_factory=dict)
    forged: int = 0
    under_way: int = 0
    _open: set[asyncio.StreamWriter] = field(default_factory=set, repr=False)

    def url(self, path: str) -> str:
        """The address of an endpoint: `/steady`, `/flaky` or `/slow`."""
        return f"http://127.0.0.1:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection, one after the other."""
        self._open.add(writer)
        with closing(writer), suppress(OSError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                path, headers = _parse(head)
                body = await reader.readexactly(int(headers["content-length"]))
                self.under_way += 1
                if path == "/slow":
                    await asyncio.sleep(_SLOW_SECONDS)
                status = self._take(path, headers, body)
                self.under_way -= 1
                writer.write(f"HTTP/1.1 {status} .\r\nContent-Length: 0\r\n\r\n".encode())
                await writer.drain()
        self._open.remove(writer)

    async def end(self) -> None:
        """Cut every connection, and wait until nobody serves one any more."""
        for writer in self._open:
            writer.transport.abort()
        await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}))

    def _take(self, path: str, headers: Mapping[str, str], body: bytes) -> int:
        event_id, attempt = headers["webhook-id"], int(headers["x-anthyx-attempt"])
        if not _is_signed(self.secrets[path], headers, body):
            self.forged += 1
        is_unlucky = attempt == 1 and _fate(event_id) < _FLAKY_PERCENT
        status = 500 if path == "/flaky" and is_unlucky else 204
        receipt = Receipt(event_id, attempt, status, time.time())
        self.receipts.setdefault(path, []).append(receipt)
        return status


def _parse(head: bytes) -> tuple[str, dict[str, str]]:
    first, *lines = head.decode().split("\r\n")
    pairs = (line.partition(":") for line in lines if line)
    return first.split(" ")[1], {name.lower(): text.strip() for name, _, text in pairs}


def _fate(event_id: str) -> int:
    """A number below 100 that is the event's own."""
    return hashlib.sha256(event_id.encode()).digest()[0] % 100


def _is_signed(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the signature is that of Standard Webhooks; written down from its specification."""
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    made = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return f"v1,{made}" in headers["webhook-signature"].split(" ")


@contextmanager
def running_receiver() -> Iterator[Receiver]:
    """A receiver on a free port, in a thread of its own."""
    receiver = Receiver()
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(receiver.serve, "127.0.0.1", 0))
    receiver.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield receiver
    finally:
        loop.call_soon_threadsafe(server.close)
        asyncio.run_coroutine_threadsafe(receiver.end(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
