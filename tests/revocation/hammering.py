"""Keys that are revoked while they are in use: a client that sees in which order answers arrive.

It is one thread with an event loop, so that it takes answers in the order in which they reached
the machine's sockets. A revocation counts as answered once everything that arrived with its
answer, or before it, has been taken too.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import sqlalchemy as sa

from anthyx_server.clock import monotonic
from tests.revocation.served import Served

WRITERS, READERS, LANES = 2, 2, 4
REFUSALS = {401, 429}  # after many 401s the address is slowed down


@dataclass(frozen=True)
class Answer:
    """An answer and when its first byte was taken, as a number that only grows."""

    status: int
    body: Any
    arrived: int


class Connection(asyncio.Protocol):
    """A kept connection, for one request at a time."""

    _arrivals = count()

    def __init__(self) -> None:
        self._data = b""
        self._arrived = 0
        self._answer: asyncio.Future[Answer] | None = None
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Note the first byte's turn; hand the answer over once it is whole."""
        if not self._data:
            self._arrived = next(self._arrivals)
        self._data += data
        head, end, body = self._data.partition(b"\r\n\r\n")
        if not end:
            return
        lines = head.decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:])
        if len(body) < int(headers.get("content-length", 0)):
            return
        self._data = b""
        assert self._answer is not None
        status = int(lines[0].split()[1])
        self._answer.set_result(Answer(status, json.loads(body or b"null"), self._arrived))

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell who waits."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionError("closed by the server"))

    async def ask(self, token: str, method: str, path: str, body: Any = None) -> Answer:
        """Send a request and wait for its answer."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        payload = b"" if body is None else json.dumps(body).encode()
        head = f"{method} /v1{path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        head += f"Authorization: Bearer {token}\r\nContent-Length: {len(payload)}\r\n"
        head += "Content-Type: application/json\r\n\r\n"
        self._transport.write(head.encode() + payload)
        return await self._answer

    @classmethod
    def moment(cls) -> int:
        """A number between what has arrived and what will."""
        return next(cls._arrivals)

    def close(self) -> None:
        """Close it."""
        assert self._transport is not None
        self._transport.close()


@dataclass
class Use:
    """What one key was answered so far; `is_enough` once that is as much as was asked for."""

    until: int
    reads: list[Answer] = field(default_factory=list)
    writes: list[Answer] = field(default_factory=list)
    is_enough: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self, method: str, answer: Answer) -> None:
        """Keep one answer; a refusal is always enough."""
        (self.reads if method == "GET" else self.writes).append(answer)
        if len(self.reads) + len(self.writes) >= self.until or answer.status >= 400:
            self.is_enough.set()


@dataclass
class Findings:
    """What was seen: how many keys were revoked, and what came after that."""

    revoked: int = 0
    reads: int = 0
    writes: int = 0
    late_reads: int = 0
    late_writes: int = 0
    unexpected: list[object] = field(default_factory=list)


class Hammer:
    """Makes keys, uses them from several connections at once, and revokes them meanwhile."""

    def __init__(self, served: Served, chance: random.Random) -> None:
        self._served = served
        self._chance = chance
        self._engine = sa.create_engine(
            served.settings.database_url, isolation_level="AUTOCOMMIT", poolclass=sa.StaticPool
        )
        self.found = Findings()

    async def run(self, seconds: float, is_enough: Callable[[Findings], bool]) -> Findings:
        """Go on for so long, or until enough was found."""
        end = monotonic() + seconds

        async def lane() -> None:
            admin = await self._connect()
            while monotonic() < end and not is_enough(self.found):
                await self._live(admin)
            admin.close()

        try:
            await asyncio.gather(*(lane() for _ in range(LANES)))
        finally:
            self._engine.dispose()
        return self.found

    async def _connect(self) -> Connection:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(Connection, "127.0.0.1", self._served.port)
        return connection

    async def _live(self, admin: Connection) -> None:
        """The life of one key."""
        body = {"name": "Short-lived", "scopes": ["brands:read", "brands:write"]}
        made = await admin.ask(self._served.account.token, "POST", "/api-keys", body)
        if made.status != 201:
            self.found.unexpected.append(made)
            return
        key = made.body
        use = Use(self._chance.randint(1, 12))
        users = ["POST"] * WRITERS + ["GET"] * READERS
        using = asyncio.gather(*(self._use(key, use, *user) for user in enumerate(users)))
        await use.is_enough.wait()
        returned, rows = await self._revoke(admin, key)
        await using
        self._judge(key, use, returned, rows)

    async def _use(self, key: dict[str, Any], use: Use, user: int, method: str) -> None:
        connection = await self._connect()
        for number in count():
            body = {"name": f"{key['id']} {user} {number}"} if method == "POST" else None
            path = "/brands" if method == "POST" else "/brands?limit=100"
            answer = await connection.ask(key["secret"], method, path, body)
            use.note(method, answer)
            if answer.status >= 400:
                break
        connection.close()

    async def _revoke(self, admin: Connection, key: dict[str, Any]) -> tuple[int, int]:
        """Revoke it in one of the ways; the moment of the answer, and the rows there were then."""
        path, token = f"/api-keys/{key['id']}", self._served.account.token
        ways: list[Callable[[], Awaitable[Answer]]] = [
            lambda: admin.ask(token, "DELETE", path),
            lambda: admin.ask(key["secret"], "DELETE", "/api-keys/current"),
            lambda: admin.ask(token, "POST", f"{path}/rotate", {"overlap_seconds": 0}),
        ]
        answer = await self._chance.choice(ways)()
        if answer.status not in {201, 204}:
            self.found.unexpected.append(answer)
        return Connection.moment(), self._rows(key)

    def _rows(self, key: dict[str, Any]) -> int:
        query = sa.text("SELECT count(*) FROM brands WHERE name LIKE :names")
        with self._engine.connect() as connection:
            return int(connection.scalar(query, {"names": f"{key['id']} %"}) or 0)

    def _judge(self, key: dict[str, Any], use: Use, returned: int, rows: int) -> None:
        found = self.found
        written = self._rows(key)
        found.revoked += 1
        found.reads += len(use.reads)
        found.writes += written
        found.late_writes += written - rows
        for answer in use.reads:
            found.late_reads += answer.status == 200 and answer.arrived > returned
        kept = sum(answer.status == 201 for answer in use.writes)
        if kept != written:
            found.unexpected.append((key["id"], "rows", written, "answers", kept))
        for answer in use.reads + use.writes:
            if answer.status not in {200, 201} | REFUSALS:
                found.unexpected.append(answer)
