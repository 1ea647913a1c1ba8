"""Pages stay right while rows come and go, and cursors belong to the list that gave them."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anthyx_server import db
from anthyx_server.brands import Brand, service
from anthyx_server.brands.schemas import WritableBrandSchema
from tests.support.apps import Account
from tests.support.problems import problem

SORTS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "-created_at": lambda brand: brand["id"],
    "created_at": lambda brand: brand["id"],
    "name": lambda brand: brand["name"],
    "-name": lambda brand: brand["name"],
}
# What happens between two pages: a brand is made under one of these names, or one is deleted.
STEPS = st.lists(st.lists(st.integers(0, 40), max_size=4, unique=True), max_size=8)


class Shelf:
    """The brands of a workspace, with names from 40 numbers."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.ids: dict[str, str] = {}

    def toggle(self, *numbers: int) -> None:
        """Delete the brands with these numbers where they are, make them where they aren't."""
        caller = self.account.caller
        with self.account.app.app_context(), db.transaction():
            for name in (f"brand {number:02}" for number in numbers):
                if name in self.ids:
                    service.delete(caller, service.lock(caller, self.ids.pop(name)))
                else:
                    values = WritableBrandSchema().load({"name": name})
                    self.ids[name] = service.create(caller, values).id

    def empty(self) -> None:
        """Forget what an example before has left."""
        with self.account.app.app_context(), db.transaction():
            db.db.session.execute(sa.delete(Brand))

    def read(self, path: str) -> dict[str, Any]:
        """One page."""
        answer = self.account.get(path)
        assert answer.status_code == 200, answer.json
        assert answer.json is not None
        return dict(answer.json)


def walk(shelf: Shelf, sort: str, limit: int, steps: list[list[int]]) -> list[dict[str, Any]]:
    """Read all pages, and change what there is between them."""
    seen: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = shelf.read(f"/brands?sort={sort}&limit={limit}{cursor}")
        seen += page["data"]
        assert len(page["data"]) <= limit
        assert page["has_more"] == (page["next_cursor"] is not None)
        if not page["has_more"]:
            return seen
        assert len(page["data"]) == limit
        cursor = f"&cursor={page['next_cursor']}"
        if steps:
            shelf.toggle(*steps.pop(0))


@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(first=st.sets(st.integers(0, 40), max_size=10), limit=st.integers(1, 4), steps=STEPS)
@pytest.mark.parametrize("sort", SORTS)
def test_no_row_is_skipped_or_shown_twice(
    account: Account, sort: str, first: set[int], limit: int, steps: list[list[int]]
) -> None:
    shelf = Shelf(account)
    shelf.empty()
    shelf.toggle(*first)
    there_before = set(shelf.ids.values())
    seen = walk(shelf, sort, limit, steps)
    ids = [brand["id"] for brand in seen]
    assert len(ids) == len(set(ids)), "shown twice"
    assert there_before & set(shelf.ids.values()) <= set(ids), "skipped"
    assert seen == sorted(seen, key=SORTS[sort], reverse=sort.startswith("-"))


def test_rows_with_the_same_sort_value_keep_an_order(account: Account) -> None:
    """Archived brands are listed by name as well, and the filter is part of the cursor."""
    shelf = Shelf(account)
    shelf.toggle(*range(5))
    for brand_id in list(shelf.ids.values())[::2]:
        account.post(f"/brands/{brand_id}/archive")
    names = [brand["name"] for brand in shelf.read("/brands?status=archived&sort=-name")["data"]]
    assert names == ["brand 04", "brand 02", "brand 00"]
    page = shelf.read("/brands?status=active&limit=1")
    assert [brand["name"] for brand in page["data"]] == ["brand 03"]
    rest = shelf.read(f"/brands?status=active&limit=9&cursor={page['next_cursor']}")
    assert [brand["name"] for brand in rest["data"]] == ["brand 01"]
    assert rest == {"data": rest["data"], "has_more": False, "next_cursor": None}


def test_the_first_page_has_25_newest_first(account: Account) -> None:
    shelf = Shelf(account)
    shelf.toggle(*range(26))
    page = shelf.read("/brands")
    assert [brand["id"] for brand in page["data"]] == sorted(shelf.ids.values())[:0:-1]
    assert page["has_more"] is True


def cursor_of(account: Account, path: str = "/brands?limit=1") -> str:
    page = account.get(path).json
    assert page is not None
    return str(page["next_cursor"])


@pytest.fixture
def stocked(account: Account) -> Account:
    for name in ("A", "B", "C"):
        account.post("/brands", json={"name": name})
    return account


def test_a_cursor_belongs_to_its_filters(stocked: Account) -> None:
    cursor = cursor_of(stocked)
    for query in ("sort=name", "sort=created_at", "status=active", "status=archived"):
        problem(stocked.get(f"/brands?{query}&cursor={cursor}"), 400, "invalid_cursor")
    assert stocked.get(f"/brands?limit=2&sort=-created_at&cursor={cursor}").status_code == 200


def test_a_cursor_belongs_to_its_list_workspace_and_mode(
    stocked: Account, other_account: Account
) -> None:
    cursor = cursor_of(stocked)
    test_key = stocked.with_key(mode="test")
    for caller in (other_account, test_key):
        problem(caller.get(f"/brands?cursor={cursor}"), 400, "invalid_cursor")
    stocked.with_key()
    keys = cursor_of(stocked, "/api-keys?limit=1")
    problem(stocked.get(f"/brands?cursor={keys}"), 400, "invalid_cursor")
    problem(stocked.get(f"/api-keys?cursor={cursor}"), 400, "invalid_cursor")
    assert stocked.with_key().get(f"/brands?cursor={cursor}").status_code == 200


def hand_made(cursor: str) -> list[str]:
    sealed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    forged = sealed[:12] + b'["brand_zzzzzzzzzzzzzzzzzzzzzzzzzz"]'
    return [
        "",
        "a",
        "=",
        "null",
        "\x00",
        "ä" * 20,
        "%ff",
        cursor + "=",
        cursor + "!",
        cursor[:20] + "*" + cursor[20:],
        cursor[:-1],
        cursor + "A",
        cursor.swapcase(),
        "A" * 4000,
        base64.urlsafe_b64encode(b"\x00" * 12 + b"{}").decode(),
        base64.urlsafe_b64encode(forged).rstrip(b"=").decode(),
        base64.urlsafe_b64encode(sealed[:12]).decode(),
    ]


def test_a_cursor_that_is_not_ours_is_refused(stocked: Account) -> None:
    cursor = cursor_of(stocked)
    for made in hand_made(cursor):
        answer = stocked.get("/brands", query_string={"cursor": made})
        problem(answer, 400, "invalid_cursor")
    assert stocked.get("/brands", query_string={"cursor": cursor}).status_code == 200


def test_keys_are_paged_as_well(account: Account) -> None:
    made = [account.key_id] + [account.with_key().key_id for _ in range(4)]
    found: list[str] = []
    query = "limit=2"
    while query:
        page = account.get(f"/api-keys?{query}").json
        assert page is not None
        found += [key["id"] for key in page["data"]]
        query = f"limit=2&cursor={page['next_cursor']}" if page["has_more"] else ""
    assert found == sorted(made, reverse=True)
