"""A deployment of several processes with a data directory of its own, and what it logs."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from anthyx_server.config import Settings
from tests.revocation import unguarded
from tests.support.apps import START_SECONDS, Account, environment, wait_until
from tests.support.ports import free_port
from tests.support.redis import RedisServer

WORKERS = 3
GUARDED = ("-m", "anthyx_server.cli")
UNGUARDED = (str(unguarded.__file__),)


@dataclass(frozen=True)
class Served:
    """Where a server listens, what it runs on, and an account in its database."""

    url: str
    settings: Settings
    redis: RedisServer
    account: Account

    @property
    def port(self) -> int:
        """The TCP port."""
        return int(self.url.rpartition(":")[2])


@contextmanager
def serving(settings: Settings, program: tuple[str, ...] = GUARDED) -> Iterator[str]:
    """Run a web server of several processes, whose JSON logs go to the data directory's `log`."""
    port = free_port()
    variables = environment(replace(settings, public_url=f"http://127.0.0.1:{port}"))
    command = [sys.executable, *program, "web", "--port", str(port), "--workers", str(WORKERS)]
    with (settings.data_dir / "log").open("ab") as log:
        process = subprocess.Popen(
            command, env=variables | {"ANTHYX_LOG_FORMAT": "json"}, stdout=log, stderr=log
        )
    try:
        wait_until(lambda: _listens(port), START_SECONDS)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True
