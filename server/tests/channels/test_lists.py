"""Lists of channels: filters, orders, pages, what they cost, and what a restricted key sees."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from anthyx_server import db, keys
from anthyx_server.channels import Channel
from tests.support.apps import Account, make_account, make_settings, open_app
from tests.support.costs import Statement, executed, plan
from tests.support.problems import entries, problem

Make = Callable[..., dict[str, Any]]
SCOPES = [scope for scope in keys.SCOPES if not scope.startswith("keys:")]


def listed(account: Account, query: str = "") -> list[str]:
    """The ids of a whole list, page by page."""
    found: list[str] = []
    cursor = ""
    while True:
        page = account.get(f"/channels?limit=2{query}{cursor}").get_json()
        found += [channel["id"] for channel in page["data"]]
        if not page["has_more"]:
            return found
        cursor = f"&cursor={page['next_cursor']}"


def test_filters_and_orders_go_together(
    account: Account, make_brand: Make, make_channel: Make
) -> None:
    first, second = make_brand()["id"], make_brand()["id"]
    made = [
        make_channel(brand_id=brand, platform=platform, name=name)["id"]
        for brand, platform, name in (
            (first, "x", "B"),
            (first, "linkedin", "D"),
            (second, "x", "A"),
            (second, "x", "C"),
            (first, "x", "E"),
        )
    ]
    with account.app.app_context(), db.transaction():
        db.db.session.execute(
            sa.update(Channel).where(Channel.id == made[3]).values(status="error")
        )
    for query, expected in (
        ("", [4, 3, 2, 1, 0]),
        ("&sort=created_at", [0, 1, 2, 3, 4]),
        ("&sort=name", [2, 0, 3, 1, 4]),
        ("&sort=-name", [4, 1, 3, 0, 2]),
        (f"&brand_id={first}", [4, 1, 0]),
        ("&platform=x", [4, 3, 2, 0]),
        ("&status=connected", [4, 2, 1, 0]),
        ("&status=error&sort=name", [3]),
        ("&status=disconnected", []),
        (f"&brand_id={second}&platform=x&status=connected&sort=name", [2]),
        (f"&brand_id={first}&platform=x&sort=-name", [4, 0]),
    ):
        assert listed(account, query) == [made[number] for number in expected], query
    for query in ("platform=myspace", "status=gone", "sort=platform", "brand_id=1", "limit=0"):
        name = query.partition("=")[0]
        assert entries(account.get(f"/channels?{query}")) == {(name, "invalid")}


def test_a_cursor_belongs_to_its_filters(account: Account, make_channel: Make) -> None:
    for _ in range(2):
        make_channel()
    cursor = account.get("/channels?limit=1").get_json()["next_cursor"]
    for query in ("platform=linkedin&", "sort=name&"):
        problem(account.get(f"/channels?{query}cursor={cursor}"), 400, "invalid_cursor")


def test_a_restricted_key_sees_the_channels_of_its_brands(
    account: Account, make_brand: Make, make_channel: Make
) -> None:
    brands = [make_brand()["id"] for _ in range(3)]
    mine, also_mine, other = (make_channel(brand_id=brand)["id"] for brand in brands)
    restricted = account.with_key(brand_ids=brands[:2], scopes=SCOPES)
    assert listed(restricted) == [also_mine, mine]
    assert listed(restricted, f"&brand_id={brands[0]}&sort=name") == [mine]
    problem(restricted.get(f"/channels?brand_id={brands[2]}"), 404, "not_found")
    for method in ("GET", "PATCH", "DELETE"):
        body = {"name": "Mine"} if method == "PATCH" else None
        answer = restricted.request(method, f"/channels/{other}", json=body)
        problem(answer, 404, "not_found")
    body = {"platform": "x", "name": "New"}
    answer = restricted.post("/channels", json={**body, "brand_id": brands[2]})
    assert entries(answer) == {("/brand_id", "invalid")}
    assert restricted.post("/channels", json={**body, "brand_id": brands[0]}).status_code == 201
    assert restricted.patch(f"/channels/{mine}", json={"name": "N"}).status_code == 200
    assert restricted.delete(f"/channels/{mine}").status_code == 204
    assert account.get(f"/channels/{other}").status_code == 200


def test_scopes_are_named(account: Account, make_channel: Make) -> None:
    path = f"/channels/{make_channel()['id']}"
    reader = account.with_key(scopes=["channels:read"])
    writer = account.with_key(scopes=["channels:write"])
    nobody = account.with_key(scopes=["audit:read"])
    for caller, method, target in (
        (writer, "GET", "/channels"),
        (writer, "GET", path),
        (reader, "POST", "/channels"),
        (reader, "PATCH", path),
        (reader, "DELETE", path),
    ):
        document = problem(caller.request(method, target), 403, "insufficient_scope")
        scope = "channels:read" if method == "GET" else "channels:write"
        assert document["required_scopes"] == [scope]
    assert reader.get(path).status_code == 200
    assert writer.patch(path, json={"name": "B"}).status_code == 200
    assert nobody.get("/platforms").status_code == 200


@pytest.fixture
def sqlite_account(sqlite_url: str, redis_url: str, tmp_path: Path) -> Iterator[Account]:
    with open_app(make_settings(tmp_path, sqlite_url, redis_url)) as app:
        yield make_account(app)


def statements(account: Account, path: str) -> list[Statement]:
    """What the database is asked for a request, once caches are warm."""
    account.get(path)
    with executed(account.app) as found:
        assert account.get(path).status_code == 200
    return found


@pytest.mark.parametrize("sort", ["-created_at", "created_at", "name", "-name"])
def test_a_page_is_one_statement_that_an_index_answers(sqlite_account: Account, sort: str) -> None:
    brand = sqlite_account.post("/brands", json={"name": "A"}).get_json()["id"]
    for name in ("A", "B"):
        body = {"brand_id": brand, "platform": "x", "name": name}
        sqlite_account.post("/channels", json=body)
    path = f"/channels?limit=1&sort={sort}"
    cursor = sqlite_account.get(path).get_json()["next_cursor"]
    for each in (path, f"{path}&cursor={cursor}", f"{path}&platform=x&status=connected"):
        (statement,) = statements(sqlite_account, each)
        steps = " ".join(plan(sqlite_account.app, statement))
        assert "SEARCH channels USING INDEX" in steps
        assert "TEMP B-TREE" not in steps, "what is sorted by is what is searched"
