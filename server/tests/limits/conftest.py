"""Fixtures of the tests of limits: on SQLite, unless a test asks for both databases."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from anthyx_server import clock
from anthyx_server.redis_wire import Wire
from server.tests.limits.moved_clock import MovedClock
from server.tests.limits.windows import Windows
from tests.support.apps import Account, make_account
from tests.support.redis import RedisServer


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated, empty SQLite database, or of the kind that a test's parameter names."""
    url: str = request.getfixturevalue(f"{getattr(request, 'param', 'sqlite')}_url")
    return url


@pytest.fixture
def starter(app: Flask) -> Account:
    """A workspace on the Starter plan: 60 requests a minute, 5,000 a day."""
    return make_account(app, "starter")


@pytest.fixture
def windows(redis_server: RedisServer) -> Iterator[Windows]:
    """The windows as the gate keeps them."""
    with redis_server.client() as client:
        yield Windows(client)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """A list that fills with what Redis is asked by the request path of this process."""
    asked: list[Any] = []
    ask = Wire.ask

    def noted(self: Wire, *command: Any) -> Any:
        asked.append(command[0])
        return ask(self, *command)

    monkeypatch.setattr(Wire, "ask", noted)
    return asked


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch) -> MovedClock:
    """The clock by which this process measures how long something took."""
    moved = MovedClock()
    monkeypatch.setattr(clock, "monotonic", moved)
    return moved
