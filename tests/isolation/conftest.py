"""One world per kind of database; the walks must leave it as it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.isolation.world import World, make_world
from tests.support.apps import make_settings, open_app
from tests.support.redis import throwaway_redis


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """Two workspaces with rows in every table; of one thread, none may wait for a worker."""
    database_url = request.getfixturevalue(f"module_{request.param}_url")
    directory = tmp_path_factory.mktemp("isolation")
    with (
        throwaway_redis() as redis,
        open_app(make_settings(directory, database_url, redis.url, web_threads=1)) as app,
    ):
        yield make_world(app)
