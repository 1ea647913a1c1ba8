"""Forced interleavings of a request with what takes its key's rights away, on both databases.

Help page: "Revocation is immediate — any in-flight requests using the deleted key will receive
a 401 response."
"""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from anthyx_server import db
from anthyx_server.brands import models as brands
from anthyx_server.config import Settings
from anthyx_server.events import Event
from server.tests.keys.answers import problem
from tests.revocation.holding import SECONDS, Hold
from tests.revocation.ways import REVOKING, Way, World
from tests.support.apps import Account

every_way = pytest.mark.parametrize("way", REVOKING, ids=lambda way: way.__name__)
on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
def world(account: Account, settings: Settings) -> World:
    return World(account, settings)


@pytest.fixture
def key(account: Account) -> Account:
    """The key that loses its rights."""
    return account.with_key(scopes=["brands:read", "brands:write"])


def written(app: Flask) -> tuple[int, int]:
    """How many brands there are, and how many events tell of them."""
    is_told = Event.type == "brand.created"
    with app.app_context():
        count = db.db.session.scalar
        return (
            count(sa.select(sa.func.count()).select_from(brands.Brand)) or 0,
            count(sa.select(sa.func.count()).select_from(Event).where(is_told)) or 0,
        )


def assert_refused(answer: TestResponse, way: Way) -> None:
    status, code = REVOKING[way]
    problem(answer, status, code)
    assert ("WWW-Authenticate" in answer.headers) == (status == 401)
    assert ("X-RateLimit-Limit" in answer.headers) == (code == "insufficient_scope")


@every_way
def test_a_write_that_the_gate_let_in_is_refused(
    world: World, key: Account, hold: Hold, way: Way
) -> None:
    held = hold.send(key, "POST", "/brands", json={"name": "Acme"})
    way(world, key)
    hold.release()
    assert_refused(held.result(SECONDS), way)
    assert written(key.app) == (0, 0)


@on_postgresql
@every_way
def test_a_write_in_the_middle_of_its_transaction_is_refused(
    world: World, key: Account, hold: Hold, way: Way
) -> None:
    held = hold.send(key, "POST", "/brands", point="in_view", json={"name": "Acme"})
    way(world, key)
    hold.release()
    assert_refused(held.result(SECONDS), way)
    assert written(key.app) == (0, 0)


@every_way
def test_a_write_that_commits_first_keeps_its_answer(
    world: World, key: Account, hold: Hold, way: Way
) -> None:
    held = hold.send(key, "POST", "/brands", point="at_commit", json={"name": "Acme"})
    revoking = hold.meanwhile(way, world, key)
    hold.release()
    assert held.result(SECONDS).status_code == 201
    assert not revoking.done()
    revoking.result(SECONDS)
    assert written(key.app) == (1, 1)
    assert_refused(key.post("/brands", json={"name": "Other"}), way)


@every_way
def test_a_slow_read_is_refused(world: World, key: Account, hold: Hold, way: Way) -> None:
    held = hold.send(key, "GET", "/brands")
    way(world, key)
    hold.release()
    assert_refused(held.result(SECONDS), way)
