"""One server with four worker processes for all tests of this folder, and accounts on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask

from anthyx_server import db
from server.tests.limits.windows import Windows
from tests.support.apps import make_settings, open_app, running_server
from tests.support.redis import RedisServer, throwaway_redis

WORKERS = 4


@dataclass(frozen=True)
class Running:
    """A server in processes of its own, and an application on the same data in this one."""

    port: int
    app: Flask
    redis: RedisServer


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The server; it needs TCP."""
    directory: Path = tmp_path_factory.mktemp("limits")
    url = f"sqlite:///{directory / 'anthyx.db'}"
    db.upgrade(url)
    with throwaway_redis() as redis:
        settings = make_settings(directory, url, redis.url)
        with open_app(settings) as app, running_server(settings, workers=WORKERS) as base:
            yield Running(int(base.rpartition(":")[2]), app, redis)


@pytest.fixture
def windows(running: Running) -> Iterator[Windows]:
    """The windows as the gate keeps them."""
    with running.redis.client() as client:
        yield Windows(client)
