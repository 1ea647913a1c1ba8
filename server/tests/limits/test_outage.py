"""Redis down, hung, flushed, restarted or broken: requests go on, keys and limits hold."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from anthyx_server import clock, db, workspaces
from anthyx_server.keys.standing import SETTLE_SECONDS
from anthyx_server.redis_link import RedisLink
from server.tests.limits.moved_clock import MovedClock
from server.tests.limits.windows import Windows
from tests.support.apps import Account, make_account
from tests.support.redis import RedisServer

Act = Callable[[RedisServer], None]


def restart(server: RedisServer) -> None:
    server.kill()
    server.start()


AWAY: dict[str, Act] = {
    "stopped": RedisServer.stop,
    "killed": RedisServer.kill,
    "hung": RedisServer.pause,
}
DISTURBED: dict[str, Act] = AWAY | {"flushed": RedisServer.flush, "restarted": restart}


@pytest.mark.parametrize("how", DISTURBED)
def test_requests_go_on_and_revoked_keys_stay_revoked(
    starter: Account, redis_server: RedisServer, how: str
) -> None:
    revoked = starter.with_key()
    assert revoked.get("/brands").status_code == 200
    assert starter.delete(f"/api-keys/{revoked.key_id}").status_code == 204
    listed = starter.with_key(ip_allowlist=["192.0.2.1"])
    DISTURBED[how](redis_server)
    assert starter.get("/brands").status_code == 200
    assert starter.post("/brands", json={"name": "Acme"}).status_code == 201
    assert revoked.get("/brands").status_code == 401
    assert listed.get("/brands").status_code == 403
    assert starter.get("/usage").status_code == 200


@pytest.mark.parametrize("how", AWAY)
def test_the_first_request_waits_once_and_no_other_does(
    starter: Account, redis_server: RedisServer, moved: MovedClock, asked: list[Any], how: str
) -> None:
    starter.get("/brands")
    AWAY[how](redis_server)
    asked.clear()
    for _ in range(6):
        assert starter.get("/brands").status_code == 200
        assert len(asked) == 1
    moved.ahead += 1.1
    assert starter.get("/brands").status_code == 200
    assert len(asked) == (2 if how == "hung" else 1), "there may be nothing to connect to"


@pytest.mark.parametrize("how", AWAY)
def test_limits_are_kept_in_process_as_a_share_and_told(
    starter: Account, redis_server: RedisServer, caplog: pytest.LogCaptureFixture, how: str
) -> None:
    starter.get("/brands")
    AWAY[how](redis_server)
    with caplog.at_level(logging.WARNING, "anthyx_server.redis_link"):
        answers = [starter.get("/brands") for _ in range(32)]
    assert [answer.status_code for answer in answers] == [200] * 30 + [429] * 2  # of 2 workers
    assert answers[0].headers["X-RateLimit-Remaining"] == "29"
    assert answers[0].headers["RateLimit-Policy"] == '"minute";q=30;w=60, "day";q=2500;w=86400'
    assert answers[-1].get_json()["limit"] == 30
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert answers[-1].headers["X-RateLimit-Remaining"] == "0"
    assert starter.get("/nothing").status_code == 429
    assert starter.get("/api-keys/current").status_code == 200
    told = [record.getMessage()[:17] for record in caplog.records if record.levelname != "INFO"]
    assert told == ["Redis unavailable"]


@pytest.mark.parametrize("how", AWAY)
def test_what_changes_while_redis_is_away_holds_at_once(
    starter: Account, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    key = starter.with_key()
    assert key.get("/brands").status_code == 200
    AWAY[how](redis_server)
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    assert starter.delete(f"/api-keys/{key.key_id}").status_code == 204
    # Longer than any record lives that another process may still find in Redis.
    assert waited == [SETTLE_SECONDS + 5]
    assert key.get("/brands").status_code == 401
    with starter.app.app_context(), db.transaction():
        workspaces.change_plan(starter.workspace_id, "growth")
    assert starter.get("/brands").headers["RateLimit-Policy"].startswith('"minute";q=150;')


@pytest.mark.parametrize("how", AWAY)
def test_it_recovers_by_itself_with_the_windows_as_they_were(
    starter: Account, redis_server: RedisServer, windows: Windows, moved: MovedClock, how: str
) -> None:
    windows.use(starter, minute=57, day=4_000)
    before = windows.ends(starter)
    AWAY[how](redis_server)
    assert starter.get("/brands").status_code == 200
    redis_server.resume()
    redis_server.start()
    moved.ahead = 1.1
    assert [starter.get("/brands").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert windows.ends(starter) == before


def test_windows_and_counters_survive_a_crash_of_redis(
    starter: Account, redis_server: RedisServer, windows: Windows, moved: MovedClock
) -> None:
    for _ in range(5):
        starter.get("/brands")
    restart(redis_server)
    moved.ahead = 1.1
    assert windows.used(starter) == (5, 5)
    assert starter.get("/usage").get_json()["windows"][0]["used"] == 5
    history = starter.get("/usage/history").get_json()["data"]
    assert history[-1]["accepted"] == 6


def test_a_slow_reader_brings_nothing_back_after_a_flush(
    starter: Account, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key is revoked, and Redis flushed, between a request's miss and what it fills in."""
    key = starter.with_key()
    run = RedisLink.run
    calls = iter(range(100))

    def run_after_all_that(self: RedisLink, *arguments: object) -> object:
        if next(calls) == 1:
            monkeypatch.undo()
            starter.delete(f"/api-keys/{key.key_id}")
            redis_server.flush()
        return run(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(RedisLink, "run", run_after_all_that)
    key.get("/brands")
    assert key.get("/brands").status_code == 401


def test_readiness_reports_redis_and_needs_it_not(
    app: Flask, redis_server: RedisServer, moved: MovedClock
) -> None:
    client = app.test_client()
    fine = {"status": "ok", "database": "ok", "redis": "ok"}
    assert client.get("/readyz").get_json() == fine
    redis_server.pause()
    degraded = client.get("/readyz")
    assert (degraded.status_code, degraded.get_json()["redis"]) == (200, "degraded")
    assert client.get("/healthz").status_code == 200
    redis_server.resume()
    moved.ahead = 1.1
    assert client.get("/readyz").get_json() == fine


def test_a_full_redis_is_as_good_as_none(
    app: Flask, redis_server: RedisServer, windows: Windows, moved: MovedClock
) -> None:
    account = make_account(app, "starter")
    account.get("/brands")
    with redis_server.client() as client:
        client.config_set("maxmemory", "1")
        try:
            answers = [account.get("/brands") for _ in range(31)]
            assert [answer.status_code for answer in answers] == [200] * 30 + [429]
            assert account.post("/brands", json={"name": "Acme"}).status_code == 429
        finally:
            client.config_set("maxmemory", "0")
    moved.ahead = 1.1
    assert account.post("/brands", json={"name": "Acme"}).status_code == 201
    assert windows.used(account) == (2, 2)


@pytest.mark.parametrize("name", ["anthyx:window:{key}", "anthyx:last_used", "anthyx:usage:{hour}"])
def test_a_script_that_fails_is_no_defect_of_the_request(
    starter: Account, redis_server: RedisServer, name: str
) -> None:
    hour = clock.milliseconds(clock.now()) // 3_600_000
    with redis_server.client() as client:
        client.set(name.format(key=starter.key_id, hour=hour), "something else")
    answer = starter.get("/brands")
    assert answer.status_code == 200
    assert answer.headers["X-RateLimit-Limit"] == "30"
