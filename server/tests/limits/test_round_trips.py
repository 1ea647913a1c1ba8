"""Round trips to Redis per request, counted on the wire, and what the gate's script calls."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from anthyx_server.keys import mark_name
from anthyx_server.keys.secret import mint
from server.tests.limits.counting import Counted, calls_within, counting_proxy
from server.tests.limits.windows import Windows
from tests.support.apps import Account, make_account, make_settings, open_app
from tests.support.redis import RedisServer


@pytest.fixture
def counted(
    sqlite_url: str, redis_server: RedisServer, tmp_path: Path
) -> Iterator[tuple[Account, Counted]]:
    """A Starter account whose key is known to the gate, and the count from there on."""
    with counting_proxy(tmp_path, redis_server.socket) as (url, count):
        settings = make_settings(tmp_path, sqlite_url, url)
        with open_app(settings) as app:
            account = make_account(app, "starter")
            account.get("/brands")
            count.reset()
            yield account, count


def test_a_read_costs_1(counted: tuple[Account, Counted]) -> None:
    account, count = counted
    for path in ("/brands", "/brands?limit=10", "/workspace", "/api-keys", "/api-keys/current"):
        count.reset()
        answer = account.get(path)
        assert (answer.status_code, count.round_trips, count.commands) == (200, 1, ["EVALSHA"])
        tag = answer.headers.get("ETag", "")
        count.reset()
        assert account.get(path, headers={"If-None-Match": tag}).status_code in {200, 304}
        assert count.round_trips == 1


def test_usage_costs_1_and_its_history_2(counted: tuple[Account, Counted]) -> None:
    account, count = counted
    account.get("/usage")
    assert count.round_trips == 1
    account.get("/usage/history")  # teaches this Redis the script
    count.reset()
    account.get("/usage/history")
    assert count.round_trips == 2


def test_reading_events_costs_1_and_polling_what_its_own_window_costs(
    counted: tuple[Account, Counted],
) -> None:
    account, count = counted
    for path, cost in (("/events", 1), ("/events?types=brand.*", 1), ("/events?after=oldest", 2)):
        account.get(path)  # teaches this Redis the script
        count.reset()
        assert account.get(path).status_code == 200
        assert count.round_trips == cost, path


def test_a_key_that_redis_does_not_know_costs_2(counted: tuple[Account, Counted]) -> None:
    account, count = counted
    other = account.with_key(scopes=["brands:read"])
    count.reset()
    assert other.get("/brands").status_code == 200
    assert count.commands == ["EVALSHA", "EVALSHA"]
    assert count.round_trips == 2
    count.reset()
    assert other.get("/brands").status_code == 200
    assert count.round_trips == 1


def test_a_write_costs_1_and_one_that_changes_a_key_2(counted: tuple[Account, Counted]) -> None:
    account, count = counted
    made = account.post("/brands", json={"name": "Acme"}, headers={"Idempotency-Key": "1"})
    assert made.status_code == 201
    assert count.round_trips == 1
    count.reset()
    assert account.post("/brands", json={"name": "Other"}).status_code == 201
    assert account.patch(f"/brands/{made.get_json()['id']}", json={"name": "A"}).status_code == 200
    assert account.delete(f"/brands/{made.get_json()['id']}").status_code == 204
    assert count.round_trips == 3
    other = account.with_key()
    for name in ("teaches Redis the script", "is counted"):
        count.reset()
        assert account.patch(f"/api-keys/{other.key_id}", json={"name": name}).status_code == 200
    assert count.round_trips == 2
    count.reset()
    assert account.delete(f"/api-keys/{other.key_id}").status_code == 204
    assert count.round_trips == 2


def test_every_refusal_costs_1_or_nothing(
    counted: tuple[Account, Counted], windows: Windows
) -> None:
    account, count = counted
    listed = account.with_key(ip_allowlist=["192.0.2.1"])
    listed.get("/brands")
    windows.use(account, minute=60, day=60)
    for caller, path, token, status, cost in (
        (account, "/brands", None, 429, 1),
        (account, "/nothing", None, 429, 1),
        (listed, "/brands", None, 403, 1),
        (account, "/brands", mint("live"), 401, 1),
        (account, "/brands", "anthyx_live_" + "0" * 38, 401, 0),
        (account, "/brands", "nonsense", 401, 0),
    ):
        count.reset()
        assert caller.get(path, token=token).status_code == status
        assert count.round_trips == cost


def test_a_key_that_was_just_changed_costs_2_until_records_have_expired(
    counted: tuple[Account, Counted], redis_server: RedisServer
) -> None:
    account, count = counted
    with redis_server.client() as client:
        client.set(mark_name(account.key_id), "1", px=6_000)
    for _ in range(2):
        count.reset()
        assert account.get("/brands").status_code == 200
        assert count.round_trips == 2


# Each takes the same time however much Redis holds.
CHEAP = {
    "evalsha", "exists", "get", "hget", "hincrby", "hmget", "hset", "hsetnx", "pexpire",
    "pexpireat", "set", "time",
}  # fmt: skip


def test_the_script_calls_nothing_that_grows_with_what_redis_holds(
    counted: tuple[Account, Counted], redis_server: RedisServer
) -> None:
    account, _ = counted

    def calls(path: str) -> dict[str, int]:
        with redis_server.client() as client:
            before = calls_within(client)
            assert account.get(path).status_code == 200
            made = calls_within(client) - before
        return {name: count for name, count in made.items() if name != "info"}

    small = calls("/brands")
    assert sum(small.values()) <= 14
    assert set(small) <= CHEAP
    with redis_server.client() as client:
        client.eval(
            "for n = 1, 100000 do redis.call('HSET', 'anthyx:key:' .. n, 'r', n)"
            " redis.call('HSET', 'anthyx:window:' .. n, 'm', n) end",
            0,
        )
        hour = client.keys("anthyx:usage:*")[0]
        client.hset(hour, mapping={f"a:{n}": n for n in range(100_000)})
    assert calls("/brands") == small
    with redis_server.client() as client:
        client.delete(*client.keys("anthyx:key:*"))
    assert set(calls("/brands")) <= CHEAP
