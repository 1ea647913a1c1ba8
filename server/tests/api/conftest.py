"""An application that the tests of a file share, for what doesn't depend on the database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from anthyx_server.config import Settings
from tests.support.apps import Account, make_account, make_settings, open_app
from tests.support.redis import throwaway_redis


@pytest.fixture(scope="session")
def shared_redis_url() -> Iterator[str]:
    """A Redis that no test stops or empties."""
    with throwaway_redis() as server:
        yield server.url


@pytest.fixture(scope="module")
def shared_settings(
    module_sqlite_url: str, shared_redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """Settings over a database of the file."""
    directory: Path = tmp_path_factory.mktemp("shared")
    return make_settings(directory, module_sqlite_url, shared_redis_url)


@pytest.fixture(scope="module")
def shared_app(shared_settings: Settings) -> Iterator[Flask]:
    """One application for all tests of a file."""
    with open_app(shared_settings) as opened:
        yield opened


@pytest.fixture
def shared_account(shared_app: Flask) -> Account:
    """A new workspace of the shared application, on the Agency plan."""
    return make_account(shared_app)
