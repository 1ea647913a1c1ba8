"""One connection to Redis, spoken to directly: half the CPU of a round trip through redis-py."""

from __future__ import annotations

import select
import socket
import ssl
import struct
from typing import Any, cast

import hiredis
from redis.connection import AbstractConnection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import InvalidResponse, NoScriptError, ResponseError

from anthyx_server import clock

_CHUNK = 65_536
_INCOMPLETE = object()
# A wait of so many times its limit was no wait for Redis alone.
_LATE = 2.0


class Wire:
    """The socket of a connection that redis-py opens and signs in.

    The kernel bounds the waiting: bounds that Python keeps cost a system call before each send
    and receive. `is_idle` is False after a call that broke off: its answer may still come.
    """

    def __init__(self, connection: AbstractConnection, timeout_seconds: float) -> None:
        """Connect; a call then waits at most so long for more of its answer.

        Raises:
            RedisError, OSError: Redis can't be reached or refuses us.
        """
        self._connection = connection
        self._timeout_seconds = timeout_seconds
        connection.connect()  # type: ignore[no-untyped-call]
        self._socket = cast("socket.socket", connection._sock)  # noqa: SLF001  (its only name)
        self._reader = hiredis.Reader(InvalidResponse, _error, notEnoughData=_INCOMPLETE)
        self.is_idle = True
        if not isinstance(self._socket, ssl.SSLSocket):
            whole, rest = divmod(timeout_seconds, 1)
            limit = struct.pack("ll", int(whole), int(rest * 1_000_000))
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
            self._socket.settimeout(None)

    def ask(self, *command: Any) -> Any:
        """Send one command and wait for its answer.

        Raises:
            RedisError, OSError: there is none in time, or it is an error.
        """
        self.is_idle = False
        self._socket.sendall(hiredis.pack_command(command))
        answer = self._reader.gets()
        while answer is _INCOMPLETE:
            data = self._receive()
            if not data:
                raise RedisConnectionError("Redis closed the connection.")
            self._reader.feed(data)
            answer = self._reader.gets()
        self.is_idle = True
        if isinstance(answer, ResponseError):
            raise answer
        return answer

    def _receive(self) -> bytes:
        """What came within the time limit, of which only time counts in which we ran.

        A wait that ends late tells that the machine was paused or had no processor for us; then
        Redis, which is often beside us, had none either and is given its time once more.
        """
        started = clock.monotonic()
        try:
            return self._socket.recv(_CHUNK)
        except (BlockingIOError, TimeoutError):
            if clock.monotonic() - started < _LATE * self._timeout_seconds:
                raise
        return self._socket.recv(_CHUNK)

    @property
    def has_input(self) -> bool:
        """True where Redis sent what nobody asked for: as a rule, that it hangs up."""
        readable = select.poll()
        readable.register(self._socket, select.POLLIN)
        return bool(readable.poll(0))

    def close(self) -> None:
        """Close the connection."""
        self._connection.disconnect()  # type: ignore[no-untyped-call]

    def __del__(self) -> None:
        """Close it with the thread that it belonged to, not whenever garbage is collected."""
        self.close()


def _error(text: str) -> ResponseError:
    return NoScriptError(text) if text.startswith("NOSCRIPT") else ResponseError(text)
