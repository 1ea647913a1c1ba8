"""Keys that are restricted to brands see and change those alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from anthyx_server import keys
from tests.support.apps import Account
from tests.support.problems import problem

Make = Callable[..., dict[str, Any]]
SCOPES = [scope for scope in keys.SCOPES if not scope.startswith("keys:")]


@pytest.fixture
def mine(make_brand: Make) -> dict[str, Any]:
    return make_brand("Mine")


@pytest.fixture
def other(make_brand: Make) -> dict[str, Any]:
    return make_brand("Other")


@pytest.fixture
def restricted(account: Account, mine: dict[str, Any], other: dict[str, Any]) -> Account:
    return account.with_key(brand_ids=[mine["id"]], scopes=SCOPES)


def ids(account: Account, query: str = "") -> list[str]:
    page = account.get(f"/brands{query}").json
    assert page is not None
    return [brand["id"] for brand in page["data"]]


def test_its_brands_can_be_read_and_changed(restricted: Account, mine: dict[str, Any]) -> None:
    path = f"/brands/{mine['id']}"
    assert restricted.get(path).json == mine
    assert restricted.patch(path, json={"description": "x"}).status_code == 200
    assert restricted.post(f"{path}/archive").status_code == 200
    assert ids(restricted, "?status=archived&sort=name") == ids(restricted) == [mine["id"]]
    assert restricted.post(f"{path}/unarchive").status_code == 200
    assert restricted.delete(path).status_code == 204
    assert ids(restricted) == []


def test_all_others_are_404(
    account: Account, restricted: Account, other: dict[str, Any], mine: dict[str, Any]
) -> None:
    path = f"/brands/{other['id']}"
    for method, target in (
        ("GET", path),
        ("PATCH", path),
        ("DELETE", path),
        ("POST", f"{path}/archive"),
        ("POST", f"{path}/unarchive"),
    ):
        body: dict[str, Any] | None = {} if method == "PATCH" else None
        document = problem(restricted.request(method, target, json=body), 404, "not_found")
        assert "Other" not in str(document)
    assert ids(restricted) == [mine["id"]]
    assert ids(restricted, f"?sort=-name&cursor={cursor(account)}") == [mine["id"]]
    assert account.get(path).json == other


def cursor(account: Account) -> str:
    page = account.get("/brands?sort=-name&limit=1").json
    assert page is not None
    return str(page["next_cursor"])


def test_it_can_not_create_one(restricted: Account) -> None:
    answer = restricted.post("/brands", json={"name": "New"})
    document = problem(answer, 403, "insufficient_scope")
    assert document["required_scopes"] == ["brands:write"]


def test_it_stays_restricted_when_its_brands_are_gone(
    account: Account, restricted: Account, mine: dict[str, Any], other: dict[str, Any]
) -> None:
    account.delete(f"/brands/{mine['id']}")
    assert ids(restricted) == []
    problem(restricted.get(f"/brands/{other['id']}"), 404, "not_found")


def test_scopes_are_named(account: Account, mine: dict[str, Any]) -> None:
    path = f"/brands/{mine['id']}"
    reader = account.with_key(scopes=["brands:read"])
    writer = account.with_key(scopes=["brands:write"])
    for caller, method, target in (
        (writer, "GET", "/brands"),
        (writer, "GET", path),
        (reader, "POST", "/brands"),
        (reader, "PATCH", path),
        (reader, "DELETE", path),
        (reader, "POST", f"{path}/archive"),
        (reader, "POST", f"{path}/unarchive"),
    ):
        document = problem(caller.request(method, target), 403, "insufficient_scope")
        scope = "brands:read" if method == "GET" else "brands:write"
        assert document["required_scopes"] == [scope]
    assert reader.get(path).status_code == 200
    assert writer.patch(path, json={"description": "x"}).status_code == 200
