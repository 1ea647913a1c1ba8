"""One server for all sentences of the help page, and an account per test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from anthyx import Anthyx
from anthyx_server import db
from server.tests.limits.windows import Windows
from tests.help_page.running import Running
from tests.support.apps import Account, make_account, make_settings, open_app, running_server
from tests.support.redis import throwaway_redis


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The server."""
    directory = tmp_path_factory.mktemp("help-page")
    database_url = f"sqlite:///{directory / 'anthyx.db'}"
    db.upgrade(database_url)
    with throwaway_redis() as redis:
        settings = make_settings(directory, database_url, redis.url)
        with open_app(settings) as app, running_server(settings, workers=1) as url:
            yield Running(url, app, redis, directory)


@pytest.fixture
def windows(running: Running) -> Iterator[Windows]:
    """The windows as the gate keeps them."""
    with running.redis.client() as client:
        yield Windows(client)


@pytest.fixture
def account(running: Running) -> Account:
    """A workspace on the Starter plan."""
    return make_account(running.app, "starter")


@pytest.fixture
def client(running: Running, account: Account) -> Iterator[Anthyx]:
    """The SDK with the account's key."""
    with running.client(account.token) as client:
        yield client
