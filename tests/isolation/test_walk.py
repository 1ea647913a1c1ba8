"""Every operation, asked by those whose rows they are not: nothing is shown, nothing changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import TestResponse

from anthyx_server import keys
from anthyx_server.ids import new_id
from anthyx_server.operations import Operation
from tests.isolation.seeds import PATH_IDS
from tests.isolation.world import (
    HOME_MARK,
    KINDS,
    OPERATIONS,
    World,
    accepted,
    id_fields,
    path_ids,
    send,
)
from tests.support.apps import Account

WITH_PATH_IDS = [each for each in OPERATIONS if path_ids(each)]
WITHOUT = [each for each in OPERATIONS if not path_ids(each) and not each.is_public]
LISTS = [each for each in OPERATIONS if each.is_list]
WITH_ID_FIELDS = [each for each in OPERATIONS if id_fields(each.query) or id_fields(each.body)]

by_kind = pytest.mark.parametrize("kind", KINDS)


# What a key without the scope is told, and a live key where only test keys may.
REFUSALS = {"insufficient_scope", "invalid_state"}


def code_of(answer: TestResponse) -> str | None:
    """The code of a problem document."""
    document = answer.get_json(silent=True) or {}
    return document.get("code")


def over(found: list[Operation]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("operation", found, ids=lambda each: each.id)


def check_hidden(answer: TestResponse, foreign: set[str], asked: set[str]) -> None:
    text = answer.get_data(as_text=True) + str(answer.headers)
    assert {word for word in foreign - asked if word in text} == set()
    # A sum of home's numbers and others' is none of home's words.
    assert all(number < HOME_MARK for number in numbers(answer.get_json(silent=True)))


def numbers(document: Any) -> Iterator[int]:
    """All numbers in a document."""
    if isinstance(document, int):
        yield document
    inner = document.values() if isinstance(document, dict) else document
    if isinstance(document, dict | list):
        for each in inner:
            yield from numbers(each)


def refusal(operation: Operation, kind: str) -> int:
    """Another brand's key lacks the scopes that manage keys; else there is nothing to be found."""
    held = keys.DEFAULT_SCOPES if kind == "another brand" else keys.SCOPES
    return 404 if operation.scope is None or operation.scope in held else 403


@by_kind
@over(WITH_PATH_IDS)
def test_an_id_of_somebody_else_is_not_found(world: World, kind: str, operation: Operation) -> None:
    intruder = world.intruders[kind]
    foreign, before = world.foreign(intruder), world.home_rows()
    answer = send(intruder, operation, world.home_ids)
    assert answer.status_code == refusal(operation, kind), answer.get_data(as_text=True)
    check_hidden(answer, foreign, {world.home_ids[PATH_IDS[name]] for name in path_ids(operation)})
    assert world.home_rows() == before


@by_kind
@over(WITH_PATH_IDS)
def test_an_id_of_somebody_else_is_answered_as_one_that_never_was(
    world: World, kind: str, operation: Operation
) -> None:
    intruder = world.intruders[kind]
    never = {model: new_id(one.partition("_")[0]) for model, one in world.home_ids.items()}
    found = send(intruder, operation, world.home_ids, headers={"If-Match": '"stale"'})
    nothing = send(intruder, operation, never, headers={"If-Match": '"stale"'})
    assert _without_ids(found, world.home_ids) == _without_ids(nothing, never)


def _without_ids(answer: TestResponse, ids: dict[Any, str]) -> tuple[int, str]:
    document = answer.get_json()
    document.pop("request_id")
    text = str(document)
    for one in ids.values():
        text = text.replace(one, "")
    return answer.status_code, text


@by_kind
@over(WITHOUT)
def test_what_takes_no_id_shows_and_changes_nothing_of_somebody_else(
    world: World, kind: str, operation: Operation
) -> None:
    intruder = world.intruder(kind)  # which may end its own key
    foreign, before = world.foreign(intruder), world.home_rows(besides=intruder.key_id)
    answer = send(intruder, operation, {})
    is_done = answer.status_code in {200, 201, 204}
    assert is_done or code_of(answer) in REFUSALS, answer.get_data(as_text=True)
    check_hidden(answer, foreign, set())
    assert world.home_rows(besides=intruder.key_id) == before


@by_kind
@over(WITH_ID_FIELDS)
def test_ids_of_somebody_else_in_a_query_or_body_are_refused(
    world: World, kind: str, operation: Operation
) -> None:
    intruder = world.intruders[kind]
    foreign, before = world.foreign(intruder), world.home_rows()
    known = set(world.home_ids.values())
    ids = {PATH_IDS[name]: world.home_ids[PATH_IDS[name]] for name in path_ids(operation)}
    for name, field in id_fields(operation.query).items():
        answer = send(intruder, operation, ids, query_string={name: accepted(field, known)})
        is_empty = answer.status_code == 200 and answer.get_json()["data"] == []
        assert is_empty or answer.status_code in {403, 404}, answer.get_data(as_text=True)
        check_hidden(answer, foreign, known)
    for name, field in id_fields(operation.body).items():
        value = accepted(field, known)
        answer = send(intruder, operation, ids, extra={name: value})
        is_refused = outcomes(answer) <= {403, 404, 422} or code_of(answer) in REFUSALS
        assert is_refused, answer.get_data(as_text=True)
        # A refusal may name what was asked for, as it does for what never was.
        asked = {value} if isinstance(value, str) else set(value)
        check_hidden(answer, foreign, asked | set(ids.values()))
    assert world.home_rows() == before


def outcomes(answer: TestResponse) -> set[int]:
    """The status of an answer, or those of its items where each has its own."""
    document = answer.get_json()
    items = document.get("data", []) if answer.status_code == 200 else []
    return {item["status"] for item in items if "status" in item} or {answer.status_code}


@by_kind
@over(LISTS)
def test_a_cursor_of_somebody_else_leads_nowhere(
    world: World, kind: str, operation: Operation
) -> None:
    first = send(world.home, operation, world.home_ids, query_string={"limit": 1})
    cursor = first.get_json()["next_cursor"]
    assert cursor is not None
    intruder = world.intruders[kind]
    foreign = world.foreign(intruder)
    query = {"limit": 1, "cursor": cursor}
    answer = send(intruder, operation, world.home_ids, query_string=query)
    assert answer.status_code in ({404} if path_ids(operation) else {200, 400, 403})
    assert answer.status_code != 200 or kind == "another brand"
    asked = {world.home_ids[PATH_IDS[name]] for name in path_ids(operation)}
    check_hidden(answer, foreign, asked)


@by_kind
def test_nobody_uses_up_the_windows_of_somebody_else(world: World, kind: str) -> None:
    before = _used(world.home)
    intruder = world.intruders[kind]
    for operation in WITH_PATH_IDS:
        send(intruder, operation, world.home_ids)
    assert _used(world.home) == before


def _used(account: Account) -> list[int]:
    windows = account.get("/usage").get_json()["windows"]
    return [window["used"] for window in windows]


@by_kind
def test_a_stored_answer_is_not_replayed_to_somebody_else(world: World, kind: str) -> None:
    headers = {"Idempotency-Key": f"replayed {kind}".replace(" ", "-")}
    brand = world.home.post("/brands", json={"name": f"Replayed to {kind}"}).get_json()["id"]
    path = f"/brands/{brand}/archive"
    assert world.home.post(path, headers=headers).status_code == 200
    assert "Idempotency-Replayed" in world.home.post(path, headers=headers).headers
    intruder = world.intruders[kind]
    foreign, before = world.foreign(intruder), world.home_rows()
    answer = intruder.post(path, headers=headers)
    assert answer.status_code in {404, 422}, answer.get_data(as_text=True)
    check_hidden(answer, foreign, {brand})
    assert world.home_rows() == before
