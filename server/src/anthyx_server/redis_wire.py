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

_CHUNK = 65_536
_INCOMPLETE = object()


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
            data = self._socket.recv(_CHUNK)
            if not data:
                raise RedisConnectionError("Redis closed the connection.")
            self._reader.feed(data)
            answer = self._reader.gets()
        self.is_idle = True
        if isinstance(answer, ResponseError):
            raise answer
        return answer

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
