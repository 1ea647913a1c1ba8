"""JSON merge patches: RFC 7396 by its own examples, and what a resource makes of them."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anthyx_server.merge_patch import merge
from tests.support.apps import Account
from tests.support.problems import entries

# RFC 7396, Appendix A: original, patch, result.
APPENDIX_A: list[tuple[Any, Any, Any]] = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]
# RFC 7396, section 3.
TITLE = {
    "title": "Goodbye!",
    "author": {"givenName": "John", "familyName": "Doe"},
    "tags": ["example", "sample"],
    "content": "This will be unchanged",
}
TITLE_PATCH = {
    "title": "Hello!",
    "phoneNumber": "+01-123-456-7890",
    "author": {"familyName": None},
    "tags": ["example"],
}
TITLE_MERGED = {
    "title": "Hello!",
    "author": {"givenName": "John"},
    "tags": ["example"],
    "content": "This will be unchanged",
    "phoneNumber": "+01-123-456-7890",
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("original", "patch", "result"), [*APPENDIX_A, (TITLE, TITLE_PATCH, TITLE_MERGED)]
)
def test_the_examples_of_the_rfc(original: Any, patch: Any, result: Any) -> None:
    assert merge(original, patch) == result


@settings(deadline=None, max_examples=60)
@given(target=JSON, patch=JSON)
def test_patching_again_changes_nothing_and_the_target_stays(target: Any, patch: Any) -> None:
    before = copy.deepcopy(target)
    once = merge(target, patch)
    assert merge(once, patch) == once
    assert target == before


@pytest.fixture
def account(shared_account: Account) -> Account:
    """Nothing here depends on the database."""
    return shared_account


def make_brand(account: Account, **values: Any) -> dict[str, Any]:
    answer = account.post("/brands", json={"name": "Acme", **values})
    assert answer.json is not None
    return dict(answer.json)


def patched(account: Account, brand: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    answer = account.patch(f"/brands/{brand['id']}", json=patch)
    assert answer.status_code == 200, answer.json
    assert answer.json is not None
    return dict(answer.json)


def test_objects_merge_arrays_replace_null_clears(account: Account) -> None:
    brand = make_brand(
        account,
        description="Tools",
        website_url="https://acme.example",
        colors=[{"name": "Red", "hex": "#FF0000"}, {"name": "Blue", "hex": "#0000FF"}],
        voice={"tone": "dry", "words_to_use": ["a", "b"], "audience": "roadrunners"},
        metadata={"a": "1", "b": "2"},
        timezone="Europe/Berlin",
    )
    patch = {
        "website_url": None,
        "description": None,
        "timezone": None,
        "colors": [{"name": "Green", "hex": "#00FF00"}],
        "voice": {"tone": None, "words_to_use": ["c"]},
        "metadata": {"a": None, "c": "3"},
    }
    changed = patched(account, brand, patch)
    assert changed["website_url"] is None
    assert changed["description"] == ""
    assert changed["timezone"] == "UTC"
    assert changed["colors"] == [{"name": "Green", "hex": "#00FF00"}]
    assert changed["voice"] == {**brand["voice"], "tone": "", "words_to_use": ["c"]}
    assert changed["metadata"] == {"b": "2", "c": "3"}
    emptied = patched(account, brand, {"voice": None, "metadata": None, "colors": None})
    assert emptied["voice"]["audience"] == ""
    assert (emptied["metadata"], emptied["colors"]) == ({}, [])


def test_a_whole_resource_can_be_sent_back(account: Account) -> None:
    brand = make_brand(account, metadata={"a": "1"})
    answer = account.patch(f"/brands/{brand['id']}", json={**brand, "description": "New"})
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["description"] == "New"
    assert answer.json["version"] == 2


def test_read_only_fields_can_not_be_changed_nor_cleared(account: Account) -> None:
    brand = make_brand(account)
    fixed = sorted(brand.keys() - {"name", "description", "website_url", "logo_url", "colors"})
    fixed = [name for name in fixed if name not in {"voice", "timezone", "metadata"}]
    assert len(fixed) == 7
    for name in fixed:
        answer = account.patch(f"/brands/{brand['id']}", json={name: "something else"})
        assert entries(answer) == {(f"/{name}", "read_only_field")}
    answer = account.patch(f"/brands/{brand['id']}", json={"slug": None, "archived_at": None})
    assert entries(answer) == {("/slug", "read_only_field")}


def test_what_is_required_can_not_be_cleared(account: Account) -> None:
    brand = make_brand(account)
    answer = account.patch(f"/brands/{brand['id']}", json={"name": None})
    assert entries(answer) == {("/name", "required")}


def test_an_empty_patch_changes_nothing(account: Account) -> None:
    brand = make_brand(account)
    assert patched(account, brand, {}) == brand
    assert patched(account, brand, {"name": "Acme", "metadata": {"gone": None}}) == brand


def test_a_patch_may_be_called_what_it_is(account: Account) -> None:
    brand = make_brand(account)
    answer = account.patch(
        f"/brands/{brand['id']}",
        data=b'{"description": "x"}',
        headers={"Content-Type": "application/merge-patch+json"},
    )
    assert answer.status_code == 200
