"""What the measured servers share: a Redis, a database, a workspace with brands and a key."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from redis import Redis
from sqlalchemy import select

from anthyx_server import clock, db, leash
from anthyx_server.brands import Brand, service
from anthyx_server.brands.schemas import WritableBrandSchema
from anthyx_server.channels import Channel
from anthyx_server.config import Settings
from anthyx_server.ids import new_id
from anthyx_server.posts import editing
from anthyx_server.posts.schemas import CreatePostSchema
from tests.bench.load import get, send_once
from tests.support.apps import (
    Account,
    environment,
    issue_key,
    make_account,
    make_settings,
    open_app,
)
from tests.support.postgres import throwaway_postgres
from tests.support.redis import throwaway_redis
from tests.support.scratch import scratch_directory

_START_SECONDS = 20.0
_CORES = sorted(os.sched_getaffinity(0))
BRANDS = POSTS = 25
_NO_LIMIT = 10**9
_PROGRAM = (sys.executable, "-m", "tests.bench.serve")


@dataclass(frozen=True)
class World:
    """Where the servers work, and the key that they are called with."""

    settings: Settings
    account: Account
    redis: Redis
    server_core: int
    token: str = field(repr=False)


@dataclass(frozen=True)
class Server:
    """A running server; `worker` is the process that answers."""

    port: int
    worker: int

    def cpu_seconds(self) -> float:
        """User and system time that the worker has taken (proc(5), `stat`)."""
        text = Path(f"/proc/{self.worker}/stat").read_text(encoding="ascii")
        user, system = text.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


@contextmanager
def open_world(database: str) -> Iterator[World]:
    """Start everything; this process and what it starts keep to one core, servers to another."""
    os.sched_setaffinity(0, {_CORES[-1]})
    with ExitStack() as stack:
        directory = stack.enter_context(scratch_directory())
        redis_server = stack.enter_context(throwaway_redis())
        url = f"sqlite:///{directory / 'anthyx.db'}"
        if database == "postgresql":
            url = stack.enter_context(throwaway_postgres()).create_database()
        db.upgrade(url)
        settings = make_settings(directory, url, redis_server.url, web_workers=1)
        app = stack.enter_context(open_app(settings))
        account = make_account(app)
        issued = issue_key(app, account.workspace_id, ip_allowlist=["10.0.0.0/8", "127.0.0.0/8"])
        with app.app_context(), db.transaction():
            for number in range(BRANDS):
                service.create(account.caller, example_brand(number))
        add_posts(account)
        client = stack.enter_context(redis_server.client())
        lift_limits(client, account.workspace_id)
        yield World(settings, account, client, _CORES[0], issued.token)


def example_brand(number: int) -> dict[str, object]:
    """A brand as customers fill it in."""
    shown = {
        "name": f"Brand {number}",
        "description": "Coffee roasted in small batches, delivered within two days of roasting.",
        "website_url": f"https://brand-{number}.example.com/",
        "colors": [{"name": "Primary", "hex": "#1A2B3C"}, {"name": "Accent", "hex": "#FFAA00"}],
        "voice": {"tone": "warm, plain", "words_to_use": ["fresh"], "words_to_avoid": ["cheap"]},
        "timezone": "Europe/Berlin",
        "metadata": {"crm_id": f"C-{number:05}", "owner": "ada"},
    }
    loaded: dict[str, object] = WritableBrandSchema().load(shown)
    return loaded


def add_posts(account: Account) -> None:
    """Give the newest brand two channels, and posts for both as customers write them."""
    with account.app.app_context(), db.transaction():
        brand = db.db.session.scalars(select(Brand).order_by(Brand.id.desc())).first()
        assert brand is not None
        owner = {"workspace_id": account.workspace_id, "mode": account.mode}
        moment = clock.now()
        channels = [
            Channel(
                id=new_id("chan"),
                brand_id=brand.id,
                platform=platform,
                name=f"Acme on {platform}",
                status="connected",
                version=1,
                created_at=moment,
                updated_at=moment,
                **owner,
            )
            for platform in ("linkedin", "x")
        ]
        db.db.session.add_all(channels)
        for number in range(POSTS):
            body = {
                "brand_id": brand.id,
                "content": f"Post {number}: roasted in small batches, delivered within two days.",
                "targets": [{"channel_id": channel.id} for channel in channels],
                "campaign": "Autumn",
                "scheduled_at": "2030-01-01T09:00:00Z",
                "tags": ["coffee", "news"],
                "metadata": {"crm_id": f"P-{number:05}"},
            }
            editing.create(account.caller, CreatePostSchema().load(body))


def lift_limits(client: Redis, workspace_id: str) -> None:
    """Tell the gate of a plan that no run uses up, newer than any in the database."""
    for name in ("v", "m", "d"):
        client.hset(f"anthyx:plan:{workspace_id}", name, str(_NO_LIMIT))


@contextmanager
def open_server(world: World, application: str, path: str) -> Iterator[Server]:
    """Run one of the applications until the block ends; `path` must answer 200 by then."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        fd, port = listener.fileno(), listener.getsockname()[1]
        words = (application, world.account.workspace_id, str(world.server_core), str(fd))
        with (world.settings.data_dir / f"{application}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, leash.__file__, str(os.getpid()), *_PROGRAM, *words],
                env=environment(world.settings),
                pass_fds=(fd,),
                stderr=log,
            )
    try:
        # The socket listens already, so that this is answered as soon as the worker is up.
        send_once(port, [get(path, world.token)])
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        yield Server(port, int(children.read_text(encoding="ascii").split()[0]))
    finally:
        process.terminate()
        process.wait(_START_SECONDS)
