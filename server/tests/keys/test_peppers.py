"""Rotating the pepper: old keys go on, are rewritten as they are used, and are counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from anthyx_server import checks, db
from anthyx_server.config import NamedSecret, Settings
from anthyx_server.keys import ApiKey
from anthyx_server.limits import jobs
from server.tests.keys.answers import problem
from server.tests.keys.operating import operate
from server.tests.keys.passing import set_end
from tests.support.apps import Account, open_app
from tests.support.costs import executed
from tests.support.redis import RedisServer

NEW = NamedSecret("2", "another-pepper-" * 4)


@pytest.fixture
def rotated(settings: Settings) -> Settings:
    """Settings in which the pepper that keys were made with has become an older one."""
    return replace(settings, key_peppers=(NEW, *settings.key_peppers))


@pytest.fixture
def dropped(settings: Settings) -> Settings:
    """Settings without the pepper that keys were made with."""
    return replace(settings, key_peppers=(NEW,))


def pepper_of(app: Flask, key_id: str) -> str:
    with app.app_context():
        return db.db.session.get_one(ApiKey, key_id).pepper_id


def problems(settings: Settings) -> list[str]:
    return [each.text for each in checks.run(settings) if each.level == "problem"]


def counts(output: str) -> dict[str, tuple[int, str]]:
    """What `anthyx-server peppers` prints of each pepper."""
    lines = [line.split() for line in output.splitlines() if line.startswith("pepper")]
    return {name: (int(count), note) for _, name, count, note in lines}


def test_an_old_peppers_key_works_and_is_rewritten_by_the_job(
    account: Account, settings: Settings, rotated: Settings, dropped: Settings
) -> None:
    unused = account.with_key()
    with open_app(rotated) as app:
        there = replace(account, app=app)
        assert there.get("/workspace").status_code == 200
        assert pepper_of(app, account.key_id) == "1"
        with app.app_context():
            jobs.store_new_digests()
        assert pepper_of(app, account.key_id) == "2"
        assert pepper_of(app, unused.key_id) == "1"
        with executed(app) as found:
            assert there.get("/api-keys/current").status_code == 200
        assert found
        assert not any("UPDATE" in text for text, _ in found)
        made = there.with_key()
        assert pepper_of(app, made.key_id) == "2"
    with open_app(dropped) as app:
        for survivor in (account, made):
            assert replace(survivor, app=app).get("/workspace").status_code == 200
        problem(replace(unused, app=app).get("/workspace"), 401, "invalid_api_key")


def test_an_old_peppers_key_can_be_revoked_and_reported(
    account: Account, rotated: Settings
) -> None:
    deleted, leaked = account.with_key(), account.with_key()
    with open_app(rotated) as app:
        there = replace(account, app=app)
        assert there.delete(f"/api-keys/{deleted.key_id}").status_code == 204
        report = {"tokens": [leaked.token]}
        assert app.test_client().post("/v1/leaked-keys", json=report).status_code == 202
        for key in (deleted, leaked):
            problem(replace(key, app=app).get("/workspace"), 401, "api_key_revoked")


def test_without_redis_an_old_peppers_key_works_too(
    account: Account, rotated: Settings, redis_server: RedisServer
) -> None:
    redis_server.stop()
    with open_app(rotated) as app:
        assert replace(account, app=app).get("/workspace").status_code == 200
        assert pepper_of(app, account.key_id) == "1"


def test_the_operator_is_told_when_a_pepper_may_be_dropped(
    account: Account, rotated: Settings, dropped: Settings
) -> None:
    revoked = account.with_key()
    assert account.delete(f"/api-keys/{revoked.key_id}").status_code == 204
    set_end(account, account.with_key().key_id, timedelta(0))
    with open_app(rotated) as app:
        replace(account, app=app).with_key()
        assert counts(operate(rotated, "peppers").output) == {
            "2": (1, "current"),
            "1": (1, "older"),
        }
        assert counts(operate(dropped, "peppers").output) == {
            "2": (1, "current"),
            "1": (1, "MISSING"),
        }
        assert problems(rotated) == []
        (told,) = problems(dropped)
        assert "pepper 1 " in told
        assert " 1 keys" in told
        assert replace(account, app=app).get("/workspace").status_code == 200
        with app.app_context():
            jobs.store_new_digests()
    assert counts(operate(dropped, "peppers").output) == {"2": (2, "current")}
    assert problems(dropped) == []
