"""A running server per kind of database, and a client of a new workspace for each test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask

from anthyx import Anthyx
from tests.support.apps import make_account, make_settings, open_app, running_server
from tests.support.redis import throwaway_redis


@dataclass(frozen=True)
class Running:
    """A server in processes of its own, and an application on the same data in this one."""

    url: str
    app: Flask


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """One server for all tests of a file; it needs TCP."""
    database_url = request.getfixturevalue(f"module_{request.param}_url")
    directory: Path = tmp_path_factory.mktemp("crossing")
    with throwaway_redis() as redis:
        settings = make_settings(directory, database_url, redis.url)
        with open_app(settings) as app, running_server(settings, workers=1) as url:
            yield Running(url, app)


@pytest.fixture
def client(running: Running) -> Iterator[Anthyx]:
    """A client of a new workspace on the Growth plan, in test mode."""
    account = make_account(running.app, "growth", mode="test")
    with Anthyx(account.token, base_url=f"{running.url}/v1") as anthyx:
        yield anthyx
