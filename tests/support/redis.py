"""A throwaway Redis with the controls that outage tests need."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from anthyx_server.embedded import redis_part, socket_path
from anthyx_server.parts import RunningPart, end
from tests.support.scratch import scratch_directory

_SECONDS = 20.0


class RedisServer:
    """The embedded Redis in a directory of its own; it keeps its data over `kill` and `start`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._run: RunningPart | None = None

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return socket_path(self._directory)

    @property
    def url(self) -> str:
        """As redis-py, RQ and the settings want it."""
        return f"unix://{self.socket}?db=0"

    def client(self) -> redis.Redis:
        """A client of its own, which doesn't fail over or retry."""
        return redis.Redis.from_url(self.url)

    def start(self) -> None:
        """Start it and wait until it answers; nothing happens where it runs."""
        if self._run is None:
            self._run = RunningPart(redis_part(self._directory), self._directory)
            self._run.wait_ready(_SECONDS)

    def stop(self) -> None:
        """End it cleanly and wait; nothing happens where it is stopped."""
        if self._run is not None:
            self.resume()
            end([self._run], _SECONDS)
            self._run = None

    def kill(self) -> None:
        """End it as a crash would (SIGKILL) and wait."""
        if self._run is not None:
            self._run.kill()
            self._run = None

    def pause(self) -> None:
        """Let it hang: connections are accepted by the kernel, nothing answers (SIGSTOP)."""
        self._send(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after `pause`."""
        self._send(signal.SIGCONT)

    def flush(self) -> None:
        """Forget all data, functions and scripts."""
        with self.client() as client:
            client.flushall()
            client.script_flush()

    def restore(self) -> None:
        """Bring it back into the state that a test expects: running, empty."""
        if self._run is not None and self._run.exit_code is not None:
            self._run = None
        self.start()
        self.resume()
        self.flush()

    def commands_processed(self) -> int:
        """How many commands it has served, the one that asks not counted."""
        with self.client() as client:
            return int(client.info("stats")["total_commands_processed"])

    def _send(self, signal_number: int) -> None:
        if self._run is not None:
            self._run.send(signal_number)


@contextmanager
def throwaway_redis() -> Iterator[RedisServer]:
    """A started Redis that ends with the block, or with this process."""
    with scratch_directory() as directory:
        server = RedisServer(directory)
        server.start()
        try:
            yield server
        finally:
            server.kill()
