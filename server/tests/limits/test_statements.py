"""SQL per request, counted: independent of how many rows there are."""

from __future__ import annotations

from typing import Any

import pytest

from server.tests.limits.test_history import both_databases
from tests.support.apps import Account
from tests.support.costs import executed


def statements(account: Account, method: str, path: str, **options: Any) -> list[str]:
    with executed(account.app) as found:
        answer = account.request(method, path, **options)
    assert answer.status_code < 300, answer.text
    return [text.split(None, 1)[0].upper() for text, _ in found]


def make_brands(account: Account, count: int, prefix: str) -> None:
    for number in range(count):
        answer = account.post("/brands", json={"name": f"{prefix} {number}"})
        assert answer.status_code == 201


@both_databases
def test_a_list_costs_1_select_however_many_rows(account: Account) -> None:
    make_brands(account, 1, "few")
    assert statements(account, "GET", "/brands?limit=100") == ["SELECT"]
    make_brands(account, 40, "many")
    for _ in range(40):
        account.with_key(scopes=["brands:read"])
    for path in (
        "/brands?limit=100",
        "/brands?limit=10",
        "/api-keys?limit=100",
        "/events?limit=100",
        "/events?types=brand.*",
    ):
        assert statements(account, "GET", path) == ["SELECT"], path
    page = account.get("/brands?limit=2").get_json()
    assert statements(account, "GET", f"/brands?limit=2&cursor={page['next_cursor']}") == ["SELECT"]


@both_databases
def test_single_reads_cost_what_they_show(account: Account) -> None:
    brand = account.post("/brands", json={"name": "Acme"}).get_json()["id"]
    assert statements(account, "GET", f"/brands/{brand}") == ["SELECT"]
    newest = account.get("/events?limit=1").get_json()["data"][0]["id"]
    assert statements(account, "GET", f"/events/{newest}") == ["SELECT"]
    # The event's place and what follows; where there is nothing, also how far the feed has come.
    assert statements(account, "GET", f"/events?after={newest}") == ["SELECT"] * 2
    assert statements(account, "GET", "/events?after=oldest&wait=20") == ["SELECT"] * 2
    assert statements(account, "GET", "/workspace") == ["SELECT"]
    assert statements(account, "GET", "/api-keys/current") == ["SELECT"]
    assert statements(account, "GET", "/usage") == ["SELECT"] * 2  # the plan, the keys
    assert statements(account, "GET", "/usage/history") == ["SELECT"] * 2  # the keys, the rows


def test_a_key_that_redis_does_not_know_costs_1_more(account: Account) -> None:
    stranger = account.with_key()
    assert statements(stranger, "GET", "/workspace") == ["SELECT"] * 2
    assert statements(stranger, "GET", "/workspace") == ["SELECT"]


@both_databases
def test_writes_cost_what_they_write_however_many_rows(
    account: Account, request: pytest.FixtureRequest
) -> None:
    is_sqlite = request.node.callspec.params["database_url"] == "sqlite"
    begin = int(is_sqlite)  # psycopg sends BEGIN with the first statement
    account.get("/brands")

    def cost(method: str, path: str, **options: Any) -> int:
        return len(statements(account, method, path, **options)) - begin

    # Home, slugs; savepoint, brand, release; the key once more; the feed, the event and its
    # deliveries, which SQLite takes apart.
    made = 8 + is_sqlite
    assert cost("POST", "/brands", json={"name": "Acme"}) == made
    # And the lock (SQLite's own is enough), the record sought, the record kept.
    keyed = {"json": {"name": "Other"}, "headers": {"Idempotency-Key": "1"}}
    assert cost("POST", "/brands", **keyed) == made + 3 - begin
    brand = account.post("/brands", json={"name": "Third"}).get_json()["id"]
    # Home or brand, locked; the change; the key; the feed, the event and its deliveries.
    patched = cost("PATCH", f"/brands/{brand}", json={"name": "Renamed"})
    assert patched == made - 2
    make_brands(account, 30, "more")
    assert cost("POST", "/brands", json={"name": "Last"}) == made
    assert cost("PATCH", f"/brands/{brand}", json={"name": "Once more"}) == patched
    # And what the brand still has is counted, each kind by itself; the endpoints that name it are
    # sought, in a query for those that name it alone and one for those beside it.
    contents = len(account.app.extensions["anthyx_brand_contents"])
    assert cost("DELETE", f"/brands/{brand}") == made - 1 + contents
