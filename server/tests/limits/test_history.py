"""`GET /v1/usage/history`: every request is in its bucket, and whose buckets a key may see."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import redis
from flask import Flask

from anthyx_server import clock
from anthyx_server.limits import history, jobs
from server.tests.limits.windows import Windows
from tests.support.apps import Account
from tests.support.redis import RedisServer

Counts = tuple[int, int]

both_databases = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


def read(account: Account, query: str = "") -> dict[str, Any]:
    answer = account.get(f"/usage/history{query}")
    assert answer.status_code == 200, answer.text
    document = answer.get_json()
    assert isinstance(document, dict)
    return document


def total(account: Account, query: str = "") -> Counts:
    """Accepted and limited requests of all buckets; asking is counted, and told, too."""
    buckets = read(account, query)["data"]
    return sum(each["accepted"] for each in buckets), sum(each["limited"] for each in buckets)


def move_hour(client: redis.Redis, hours: int) -> None:
    """Let what was counted in this hour have been counted so many hours ago."""
    number = clock.milliseconds(clock.now()) // 3_600_000
    client.rename(f"anthyx:usage:{number}", f"anthyx:usage:{number - hours}")


def flush(app: Flask) -> None:
    """Do what the worker does every few seconds."""
    with app.app_context():
        jobs.store_usage()


def flood_and_limit(account: Account, windows: Windows, accepted: int, limited: int) -> None:
    windows.use(account, minute=60 - accepted, day=1)
    for _ in range(accepted + limited):
        account.get("/brands")
    windows.use(account, minute=0, day=1)


@both_databases
def test_it_tells_what_was_accepted_and_limited_before_and_after_it_is_stored(
    starter: Account, windows: Windows
) -> None:
    flood_and_limit(starter, windows, accepted=5, limited=3)
    assert total(starter) == (6, 3)
    flush(starter.app)
    assert total(starter) == (7, 3)
    flush(starter.app)
    flush(starter.app)
    assert total(starter) == (8, 3)


@both_databases
def test_hours_stay_apart_and_days_hold_theirs(
    starter: Account, windows: Windows, redis_server: RedisServer
) -> None:
    with redis_server.client() as client:
        flood_and_limit(starter, windows, accepted=4, limited=0)
        move_hour(client, 30)
        flush(starter.app)
        flood_and_limit(starter, windows, accepted=2, limited=1)
        move_hour(client, 3)
    now = clock.now()
    hours = read(starter, f"?from={clock.rfc3339(now - timedelta(hours=30))}")["data"]
    assert len(hours) == 31
    found = {index: each for index, each in enumerate(hours) if each["accepted"]}
    assert {index: each["accepted"] for index, each in found.items()} == {0: 4, 27: 2, 30: 1}
    assert found[27]["limited"] == 1
    assert hours[0]["start"] == clock.rfc3339(now - timedelta(hours=30))[:13] + ":00:00.000Z"
    days = read(starter, "?granularity=day")["data"]
    assert len(days) == 30
    assert sum(each["accepted"] for each in days) == 8
    assert days[-1]["start"] == clock.rfc3339(now)[:10] + "T00:00:00.000Z"


def test_the_default_is_the_last_24_hours(starter: Account) -> None:
    document = read(starter)
    assert (document["granularity"], document["key_id"]) == ("hour", None)
    assert len(document["data"]) == 24
    assert document["data"][-1]["accepted"] == 1
    assert document["start"] == document["data"][0]["start"]
    assert document["end"] > document["data"][-1]["start"]


def test_whose_requests_a_key_may_see(starter: Account) -> None:
    reader = starter.with_key(scopes=["brands:read"])
    for _ in range(3):
        reader.get("/brands")
    assert total(starter, f"?key_id={reader.key_id}") == (3, 0)
    assert total(starter) == (5, 0)
    assert total(starter, f"?key_id={starter.key_id}") == (3, 0)
    document = read(reader)
    assert document["key_id"] == reader.key_id
    assert total(reader) == (5, 0)
    assert total(reader, f"?key_id={reader.key_id}") == (6, 0)
    refused = reader.get(f"/usage/history?key_id={starter.key_id}")
    assert refused.status_code == 403
    assert refused.get_json()["required_scopes"] == ["keys:read"]


def test_other_modes_and_workspaces_are_not_seen(starter: Account, other_account: Account) -> None:
    test = starter.with_key(mode="test")
    test.get("/brands")
    assert total(starter) == (1, 0)
    assert total(test) == (2, 0)
    for stranger in (test, other_account):
        assert starter.get(f"/usage/history?key_id={stranger.key_id}").status_code == 404


def test_a_revoked_key_s_requests_stay_on_record(starter: Account) -> None:
    gone = starter.with_key()
    gone.get("/brands")
    starter.delete(f"/api-keys/{gone.key_id}")
    assert total(starter, f"?key_id={gone.key_id}") == (1, 0)
    flush(starter.app)
    assert total(starter, f"?key_id={gone.key_id}") == (1, 0)


def test_a_range_holds_whole_buckets_and_not_too_many(starter: Account) -> None:
    document = read(starter, "?from=2026-01-01T00:59:59Z&to=2026-01-01T05:00:01%2B02:00")
    assert [each["start"][11:16] for each in document["data"]] == [
        "00:00",
        "01:00",
        "02:00",
        "03:00",
    ]
    assert document["end"] == "2026-01-01T04:00:00.000Z"
    month = "?from=2026-01-01T00:00:00Z&to=2026-01-31T23:00:00Z"
    assert len(read(starter, month)["data"]) == 31 * 24
    year = "?granularity=day&from=2025-01-01T00:00:00Z&to=2026-01-01T12:00:00Z"
    assert len(read(starter, year)["data"]) == 366


@pytest.mark.parametrize(
    "query",
    [
        "?from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z",
        "?granularity=day&from=2025-01-01T00:00:00Z&to=2026-01-02T00:00:00Z",
        "?from=2026-01-01T02:00:00Z&to=2026-01-01T01:00:00Z",
        "?from=2999-01-01T00:00:00Z",
        "?from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59Z",
        "?to=9999-12-31T23:59:59.999Z",
        "?to=0001-01-01T00:00:00Z",
        "?from=2026-01-01T00:00:00",
        "?granularity=week",
        "?key_id=brand_1",
        "?keys=all",
    ],
)
def test_a_range_that_can_not_be_is_refused(starter: Account, query: str) -> None:
    answer = starter.get(f"/usage/history{query}")
    assert answer.status_code in {404, 422} if "key_id" in query else answer.status_code == 422
    assert answer.get_json()["errors"] or answer.status_code == 404


def test_what_nobody_stored_for_days_is_told_all_the_same(
    starter: Account, redis_server: RedisServer
) -> None:
    starter.get("/brands")
    with redis_server.client() as client:
        move_hour(client, history.KEPT_HOURS - 1)
    assert total(starter, "?granularity=day") == (2, 0)


def test_without_redis_it_tells_what_was_stored(
    starter: Account, redis_server: RedisServer
) -> None:
    starter.get("/brands")
    flush(starter.app)
    redis_server.kill()
    assert total(starter) == (1, 0)
