"""Calls to Redis on a connection of the thread's own, bounded in time, off while Redis is."""

from __future__ import annotations

import hashlib
import logging
import threading
from typing import Any

import redis
from redis.exceptions import NoScriptError, RedisError

from anthyx_server import clock
from anthyx_server.redis_wire import Wire

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 0.25
_PAUSE_SECONDS = 1.0
# A connection that rested for so long may have been closed at the other end meanwhile.
_RESTED_SECONDS = 1.0


class RedisUnavailableError(Exception):
    """Redis does not answer, or did not a moment ago."""


class Script:
    """A Lua script that is sent once and then called by its digest."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.digest = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()


class RedisLink:
    """One process's way to Redis for the request path.

    A connection per thread spares the pool and the retry layer of a client, which cost more than
    the call itself. After a failure Redis is left alone for a second, then one call probes it.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._pool = redis.ConnectionPool.from_url(
            url,
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            protocol=2,
            retry=None,
            driver_info=None,  # spares two round trips per connection
        )
        self._local = threading.local()
        self._lock = threading.Lock()
        self._is_up = True
        self._try_again_at = 0.0
        self._generation = 0

    def call(self, *command: Any) -> Any:
        """Send one command and wait for its answer, at most 0.25 s.

        Raises:
            RedisUnavailableError: no answer, or none a moment ago; nothing is known of the effect.
        """
        self._enter()
        try:
            answer = self._wire().ask(*command)
        except NoScriptError:
            self._answered()
            raise
        except (RedisError, OSError) as error:
            self._fail(error)
            raise RedisUnavailableError(type(error).__name__) from None
        self._answered()
        return answer

    def run(self, script: Script, keys: list[str], *arguments: Any) -> Any:
        """Run a script in one round trip (two, where this Redis has not seen it yet)."""
        try:
            return self.call("EVALSHA", script.digest, len(keys), *keys, *arguments)
        except NoScriptError:
            return self.call("EVAL", script.source, len(keys), *keys, *arguments)

    def close(self) -> None:
        """Close this thread's connection; the next call opens another."""
        wire = self._local.__dict__.pop("wire", None)
        if wire is not None:
            wire.close()

    def _wire(self) -> Wire:
        """This thread's connection."""
        known: Wire | None = getattr(self._local, "wire", None)
        if known is not None:
            # After a failure no thread's old connection is worth a probe.
            if self._local.generation == self._generation and self._may_use(known):
                return known
            self.close()
        self._local.generation = self._generation
        # Not the pool's make_connection(), which counts what it made and stops at a hundred.
        connection = self._pool.connection_class(**self._pool.connection_kwargs)
        wire = self._local.wire = Wire(connection, TIMEOUT_SECONDS)
        return wire

    def _may_use(self, wire: Wire) -> bool:
        """False where Redis may have closed it: restarted, or tired of a connection that rests."""
        if not wire.is_idle:
            return False
        return clock.monotonic() - self._local.used_at < _RESTED_SECONDS or not wire.has_input

    def _enter(self) -> None:
        if self._is_up:
            return
        with self._lock:
            if clock.monotonic() < self._try_again_at:
                raise RedisUnavailableError("Redis did not answer a moment ago")
            # The next one to look while this probe runs sees the pause renewed.
            self._try_again_at = clock.monotonic() + _PAUSE_SECONDS

    def _fail(self, error: Exception) -> None:
        with self._lock:
            self._generation += 1
            self._try_again_at = clock.monotonic() + _PAUSE_SECONDS
            if self._is_up:
                self._is_up = False
                log.warning("Redis unavailable (%s): limits are kept in process", error)

    def _answered(self) -> None:
        self._local.used_at = clock.monotonic()
        if self._is_up:
            return
        with self._lock:
            if not self._is_up:
                self._is_up = True
                log.warning("Redis is back")
