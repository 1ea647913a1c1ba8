"""What is put under faults: workers, a web server, publishers, Redis, a database, a receiver."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

from anthyx_server import db
from anthyx_server.config import Settings
from anthyx_server.parts import Part, RunningPart
from anthyx_server.webhook_settings import WebhookSettings
from tests.faults.receiver import Receiver, running_receiver
from tests.support.apps import (
    Account,
    answers,
    environment,
    make_account,
    make_settings,
    open_app,
)
from tests.support.ports import free_port
from tests.support.postgres import OwnPostgres, own_postgres
from tests.support.redis import RedisServer, throwaway_redis
from tests.support.scratch import scratch_directory

PATHS = ("/steady", "/flaky", "/slow")
WORKERS = ("worker-1", "worker-2")
PUBLISHERS = ("publisher-1", "publisher-2")
WEB = "web"
_READY_SECONDS = 30.0
# Short, so that a run sees many retries and many leases that end.
WEBHOOKS = WebhookSettings(
    retry_seconds=(1, 1, 2, 2, 4, 4),
    timeout_seconds=3,
    connect_timeout_seconds=2,
    lease_seconds=5,
    host_rate=0,
    are_private_allowed=True,
)


@dataclass
class World:
    """Everything that runs, and the means to end and start each part."""

    settings: Settings
    account: Account
    receiver: Receiver
    redis: RedisServer
    postgres: OwnPostgres | None
    port: int
    parts: dict[str, Part]
    running: dict[str, RunningPart] = field(default_factory=dict)
    endpoints: dict[str, str] = field(default_factory=dict)

    @property
    def base(self) -> str:
        """The web server's address."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, *names: str) -> None:
        """Start parts and wait until they are ready; call it in the main thread."""
        for name in names:
            ready = self._ready_file(name)
            ready.unlink(missing_ok=True)
            self.running[name] = RunningPart(self.parts[name], self.settings.data_dir)
        for name in names:
            self.running[name].wait_ready(_READY_SECONDS)

    def kill(self, *names: str) -> None:
        """End parts as a crash would, all of them at once, and wait until they are gone."""
        killed = [self.running.pop(name) for name in names]
        for part in killed:
            part.send(signal.SIGKILL)
        for part in killed:
            part.kill()

    def kill_all(self) -> None:
        """End whatever runs."""
        self.kill(*self.running)

    def _ready_file(self, name: str) -> Path:
        return self.settings.data_dir / f"{name}.ready"

    def subscribe(self) -> None:
        """Make one endpoint for each path of the receiver, through the API."""
        for path in PATHS:
            body = {"url": self.receiver.url(path), "event_types": ["*"], "max_in_flight": 32}
            made = self.account.post("/webhook-endpoints", json=body)
            assert made.status_code == 201, made.get_json()
            self.receiver.secrets[path] = made.get_json()["secret"]
            self.endpoints[path] = made.get_json()["id"]


@contextmanager
def open_world(database: str, publish_per_second: float) -> Iterator[World]:
    """Start all of it, with an endpoint for each path; it ends with the block."""
    with ExitStack() as stack:
        directory = stack.enter_context(scratch_directory())
        redis = stack.enter_context(throwaway_redis())
        postgres = stack.enter_context(own_postgres()) if database == "postgresql" else None
        url = postgres.create_database() if postgres else f"sqlite:///{directory / 'anthyx.db'}"
        db.upgrade(url)
        port = free_port()
        settings = make_settings(
            directory, url, redis.url, public_url=f"http://127.0.0.1:{port}", webhooks=WEBHOOKS
        )
        stack.enter_context(mock.patch.dict(os.environ, environment(settings)))
        account = make_account(stack.enter_context(open_app(settings)))
        receiver = stack.enter_context(running_receiver())
        parts = _parts(settings, account.workspace_id, publish_per_second / len(PUBLISHERS))
        world = World(settings, account, receiver, redis, postgres, port, parts)
        stack.callback(world.kill_all)
        world.subscribe()
        world.start(WEB, *WORKERS, *PUBLISHERS)
        yield world


def _parts(settings: Settings, workspace_id: str, per_second: float) -> dict[str, Part]:
    server = (sys.executable, "-m", "anthyx_server.cli")
    publisher = (sys.executable, "-m", "tests.faults.publisher", str(per_second), workspace_id)
    port = settings.public_url.rpartition(":")[2]
    web = (*server, "web", "--port", port, "--workers", "1")
    parts = [Part(WEB, web, lambda: answers(f"{settings.public_url}/healthz"))]
    for name in WORKERS:
        ready = settings.data_dir / f"{name}.ready"
        command = (*server, "worker", "--ready-file", str(ready))
        parts.append(Part(name, command, _exists(ready)))
    parts += [Part(name, publisher) for name in PUBLISHERS]
    return {part.name: part for part in parts}


def _exists(path: Path) -> Callable[[], bool]:
    return path.exists
