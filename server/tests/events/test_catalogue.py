"""The catalogue: a schema and an example of each type, and `GET /v1/event-types`."""

from __future__ import annotations

import copy
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator

from anthyx_server import keys
from anthyx_server.events import described
from anthyx_server.events.catalogue import TYPES, has_brand
from server.tests.events.schemas import problems_of, schema_of
from server.tests.keys.answers import document
from tests.support.apps import Account

BRAND = "brand_01m85b8621tp3njfh6qm82sfwd"
# The catalogue does not depend on the database.
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def example_of(event_type: str) -> dict[str, Any]:
    return copy.deepcopy(described.example_of(event_type))


@pytest.mark.parametrize("event_type", TYPES)
def test_every_example_is_as_its_schema_says(event_type: str) -> None:
    schema = schema_of(event_type)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    example = example_of(event_type)
    assert example["type"] == event_type
    assert (example["brand_id"] is not None) is has_brand(event_type)
    assert problems_of(example) == []


@pytest.mark.parametrize("event_type", TYPES)
def test_an_event_that_is_cut_is_as_its_schema_says(event_type: str) -> None:
    example = example_of(event_type)
    cut = {"object": example["subject"], "previous": None, "truncated": True}
    assert problems_of(example | {"data": cut}) == []
    assert problems_of(example | {"data": cut | {"truncated": False}})
    assert problems_of(example | {"data": cut | {"previous": {}}})


@pytest.mark.parametrize("event_type", TYPES)
def test_what_differs_from_the_schema_is_noticed(event_type: str) -> None:
    example = example_of(event_type)
    shown = example["data"]["object"]
    for name in example:
        assert problems_of({each: example[each] for each in example if each != name}, event_type)
    for name in shown:
        less = {each: shown[each] for each in shown if each != name}
        assert problems_of(_showing(example, less)), name
    assert problems_of(_showing(example, shown | {"created_at": 1, "as_of": 1, "resets_at": 1}))
    other_brand = None if has_brand(event_type) else BRAND
    for wrong in (
        {"type": "post.forgotten"},
        {"brand_id": other_brand},
        {"subject": {"type": "thing", "id": "thing_1"}},
        {"created_at": "yesterday"},
        {"mode": "sandbox"},
    ):
        assert problems_of(example | wrong, event_type), wrong


def _showing(event: dict[str, Any], shown: dict[str, Any]) -> dict[str, Any]:
    return event | {"data": event["data"] | {"object": shown}}


@pytest.mark.parametrize("event_type", TYPES)
def test_what_may_be_added_within_a_version_does_not_break_a_schema(event_type: str) -> None:
    example = example_of(event_type)
    example["new"] = example["data"]["new"] = example["data"]["object"]["new"] = {"a": 1}
    assert problems_of(example) == []


def test_the_old_values_of_a_change_are_described_too() -> None:
    example = example_of("post.approved")
    assert example["data"]["previous"].keys() == {
        "state", "review", "scheduled_at", "schedule_source", "approved_at", "version",
        "updated_at",
    }  # fmt: skip
    example["data"]["previous"]["review"] = {"status": 1}
    assert problems_of(example)


def test_examples_tell_what_has_changed_and_nothing_else() -> None:
    for event_type in TYPES:
        data = described.example_of(event_type)["data"]
        for name, value in (data["previous"] or {}).items():
            assert data["object"][name] != value, (event_type, name)


def test_no_example_holds_a_secret_or_the_idempotency_key_of_a_new_key() -> None:
    text = orjson.dumps([described.example_of(each) for each in TYPES]).decode()
    assert "whsec_" not in text
    assert '"secret"' not in text
    for event_type in TYPES:
        example = described.example_of(event_type)
        if example["subject"]["type"] == "api_key" and example["request"] is not None:
            assert example["request"]["idempotency_key"] is None


@on_sqlite
def test_the_catalogue_is_one_list_of_every_type(account: Account) -> None:
    page = document(account.get("/event-types"))
    assert (page["has_more"], page["next_cursor"]) == (False, None)
    assert [each["name"] for each in page["data"]] == list(TYPES)
    for each in page["data"]:
        assert each.keys() == {"name", "description", "schema", "example"}
        assert each["schema"] == schema_of(each["name"])
        assert each["example"] == described.example_of(each["name"])
        assert each["schema"]["description"] == each["description"]


@on_sqlite
def test_every_key_may_see_it(account: Account) -> None:
    brand = document(account.post("/brands", json={"name": "For the catalogue"}), 201)["id"]
    bare = account.with_key(scopes=["media:write"])
    restricted = account.with_key(scopes=list(keys.DEFAULT_SCOPES), brand_ids=[brand])
    whole = account.get("/event-types").get_data()
    assert bare.get("/event-types").get_data() == whole
    assert restricted.get("/event-types").get_data() == whole


@on_sqlite
def test_it_is_built_once_and_not_sent_again_unchanged(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    tag = account.get("/event-types").headers["ETag"]
    monkeypatch.delattr(described, "schema_of")
    again = account.get("/event-types", headers={"If-None-Match": tag})
    assert (again.status_code, again.get_data()) == (304, b"")
    assert account.get("/event-types", headers={"If-None-Match": '"1"'}).status_code == 200
