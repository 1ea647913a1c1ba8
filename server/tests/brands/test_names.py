"""Names are unique however they are written, and give slugs."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

import pytest

from anthyx_server.brands.naming import MAX_SLUG, name_key, slugify
from tests.support.apps import Account
from tests.support.problems import problem

SAME = [
    ("Acme", "ACME"),
    ("Acme", "  acme  "),
    ("Blue Bakery", "Blue\u00a0\t Bakery"),
    ("Café", unicodedata.normalize("NFD", "Café")),
    ("Straße", "STRASSE"),
    ("\uff21\uff43me", "Acme"),
    ("ﬁne", "fine"),
    ("ΣΊΣΥΦΟΣ", "σίσυφος"),
    ("ΐ", "Ϊ́"),
    ("①", "1"),
    ("ﷺ" * 100, unicodedata.normalize("NFKC", "ﷺ") * 100),
]
DIFFERENT = [("Acme", "Acmé"), ("A B", "AB"), ("I", "\u0131"), ("Acme!", "Acme?"), ("ss", "s")]


@pytest.mark.parametrize(("first", "second"), SAME)
def test_names_that_read_alike_are_the_same(first: str, second: str) -> None:
    assert name_key(first) == name_key(second)
    assert name_key(name_key(first)) == name_key(first)


@pytest.mark.parametrize(("first", "second"), DIFFERENT)
def test_names_that_do_not_are_different(first: str, second: str) -> None:
    assert name_key(first) != name_key(second)


def test_a_name_that_is_taken_is_409(
    account: Account, make_brand: Callable[..., dict[str, Any]]
) -> None:
    for first, second in SAME[:-1]:
        brand = make_brand(first)
        document = problem(account.post("/brands", json={"name": second}), 409, "brand_name_taken")
        assert document["errors"] == [
            {"code": "brand_name_taken", "detail": "Taken.", "pointer": "/name"}
        ]
        account.delete(f"/brands/{brand['id']}")


def test_the_longest_key_can_be_stored_and_paged(
    account: Account, make_brand: Callable[..., dict[str, Any]]
) -> None:
    """A name of 100 characters becomes one of 1,800 when it is normalized."""
    made = [make_brand("ﷺ" * 99 + letter)["id"] for letter in "abc"]
    page = account.get("/brands?sort=name&limit=1").json
    assert page is not None
    rest = account.get(f"/brands?sort=name&cursor={page['next_cursor']}").json
    assert rest is not None
    assert [brand["id"] for brand in page["data"] + rest["data"]] == made


def test_renaming_to_a_name_that_is_taken_is_409(
    account: Account, make_brand: Callable[..., dict[str, Any]]
) -> None:
    make_brand("Acme")
    other = make_brand("Other")
    path = f"/brands/{other['id']}"
    problem(account.patch(path, json={"name": "ACME"}), 409, "brand_name_taken")
    assert account.get(path).json == other
    same_name = account.patch(path, json={"name": "OTHER"})
    assert same_name.status_code == 200, "a brand's own name is not taken"


def test_names_are_the_workspaces_and_the_modes(
    account: Account, other_account: Account, make_brand: Callable[..., dict[str, Any]]
) -> None:
    make_brand("Acme")
    for other in (other_account, account.with_key(mode="test")):
        made = other.post("/brands", json={"name": "Acme"})
        assert made.status_code == 201
        assert made.json is not None
        assert made.json["slug"] == "acme"


def test_a_deleted_name_is_free_and_an_archived_one_is_not(
    account: Account, make_brand: Callable[..., dict[str, Any]]
) -> None:
    brand = make_brand("Acme")
    account.post(f"/brands/{brand['id']}/archive")
    problem(account.post("/brands", json={"name": "Acme"}), 409, "brand_name_taken")
    account.delete(f"/brands/{brand['id']}")
    assert make_brand("Acme")["slug"] == "acme"


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Blue Bakery", "blue-bakery"),
        ("  --Blue__Bakery!! ", "blue-bakery"),
        ("Café Ünlü №5", "cafe-unlu-no5"),
        ("A" * 100, "a" * MAX_SLUG),
        ("a" * 59 + " b", "a" * 59),
        ("Пекарня", "brand-456789"),
        ("🥖", "brand-456789"),
    ],
)
def test_slugs_are_ascii_words(name: str, slug: str) -> None:
    assert slugify(name, "brand_0123456789") == slug


def test_slugs_that_collide_get_the_ids_end(make_brand: Callable[..., dict[str, Any]]) -> None:
    first, second, third = (make_brand(name) for name in ("Acme!", "Acme?", "Acme."))
    assert first["slug"] == "acme"
    assert second["slug"] == f"acme-{second['id'][-6:]}"
    assert third["slug"] == f"acme-{third['id'][-6:]}"


def test_a_slug_stays_when_the_name_changes(
    account: Account, make_brand: Callable[..., dict[str, Any]]
) -> None:
    brand = make_brand("Acme")
    renamed = account.patch(f"/brands/{brand['id']}", json={"name": "Zenith"}).json
    assert renamed is not None
    assert (renamed["name"], renamed["slug"]) == ("Zenith", "acme")
    assert make_brand("Acme")["slug"].startswith("acme-")
