"""The connections of one event loop: the one used last is used first, and a bound on how many.

httpx's own pool looks at every connection, with a system call each, whenever a request begins or
ends, and loses places when calls are cancelled at the wrong moment. Here each connection is a pool
of one, and a call that was cut short closes its own.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import httpx

MOST = 100  # what is beyond waits: thousands of tasks must not use up all descriptors
IDLE_SECONDS = 60.0


class Places:
    """So many tasks may go on, the others wait in line; all of one event loop."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._line: deque[asyncio.Future[None]] = deque()

    async def take(self, seconds: float | None) -> None:
        """Take a place; raises TimeoutError if there is none in that time (None: no bound)."""
        if self._free:
            self._free -= 1
            return
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        timer = None if seconds is None else loop.call_later(seconds, _give_up, turn)
        self._line.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.give_back()  # it came just as the task was cancelled
            raise
        finally:
            if timer is not None:
                timer.cancel()

    def give_back(self) -> None:
        """Let the next in line have the place."""
        while self._line:
            turn = self._line.popleft()
            if not turn.done():  # neither cancelled nor out of time
                turn.set_result(None)
                return
        self._free += 1


class _Idle(NamedTuple):
    connection: httpx.AsyncHTTPTransport
    since: float  # on the loop's clock


class Connections:
    """Connections to one server, made as they are needed by `connect`, each by itself."""

    def __init__(self, connect: Callable[[], httpx.AsyncHTTPTransport]) -> None:
        self._connect = connect
        self._places = Places(MOST)
        self._idle: deque[_Idle] = deque()
        self._busy: set[httpx.AsyncHTTPTransport] = set()
        self._is_closed = False

    async def send(self, request: httpx.Request, seconds: float | None) -> httpx.Response:
        """The answer, read to its end; raises TimeoutError if no connection is free in time."""
        await self._places.take(seconds)
        try:
            await self._close_unused()
            return await self._send(request)
        finally:
            self._places.give_back()

    async def aclose(self) -> None:
        """Close all; what is under way fails."""
        self._is_closed = True
        idle, self._idle = self._idle, deque()
        for connection in [*(each.connection for each in idle), *self._busy]:
            await connection.aclose()

    async def _send(self, request: httpx.Request) -> httpx.Response:
        connection = self._idle.pop().connection if self._idle else self._connect()
        self._busy.add(connection)
        is_whole = False
        try:
            response = await connection.handle_async_request(request)
            await response.aread()
            is_whole = not self._is_closed
        finally:
            self._busy.discard(connection)
            if is_whole:
                self._idle.append(_Idle(connection, asyncio.get_running_loop().time()))
            else:
                await connection.aclose()
        return response

    async def _close_unused(self) -> None:
        """Close the connection that was idle for longest, if that is too long."""
        if self._idle and asyncio.get_running_loop().time() - self._idle[0].since > IDLE_SECONDS:
            await self._idle.popleft().connection.aclose()


def _give_up(turn: asyncio.Future[None]) -> None:
    if not turn.done():
        turn.set_exception(TimeoutError("no connection became free"))
