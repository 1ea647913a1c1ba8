"""Fixtures of the tests of revocation: requests that are held, servers of several processes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from anthyx_server import db
from tests.revocation.holding import Hold
from tests.revocation.served import Served, serving
from tests.support.apps import make_account, make_settings, open_app
from tests.support.redis import RedisServer
from tests.support.scratch import scratch_directory


@pytest.fixture
def hold(app: Flask) -> Iterator[Hold]:
    """Holds requests of `app` at a point; nothing stays held in the end."""
    made = Hold(app)
    yield made
    made.end()


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    """A server of several processes on a data directory of its own, once on each database."""
    with scratch_directory() as directory:
        redis = RedisServer(directory)
        redis.start()
        if request.param == "sqlite":
            url = f"sqlite:///{directory / 'anthyx.db'}"
        else:
            url = request.getfixturevalue("postgres_server").create_database()
        settings = make_settings(directory, url, redis.url)
        db.upgrade(url)
        with open_app(settings) as app, serving(settings) as address:
            yield Served(address, settings, redis, make_account(app))
        redis.kill()
        if request.param == "postgresql":
            request.getfixturevalue("postgres_server").drop_database(url)
