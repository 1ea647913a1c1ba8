"""Bodies are read strictly: JSON in UTF-8, every member known, everything wrong told at once."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from werkzeug.test import TestResponse

from anthyx_server.inputs import MOST_NESTED
from tests.support.apps import Account
from tests.support.problems import entries, problem

JSON = {"Content-Type": "application/json"}
MALFORMED = {
    "nothing": b"",
    "cut off": b'{"name": "Ac',
    "two documents": b'{"name": "A"} {}',
    "not UTF-8": b'{"name": "\xff\xfe"}',
    "UTF-16": '{"name": "A"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"name": "A"}',
    "a raw lone surrogate": b'{"name": "\xed\xa0\x80"}',
    "an escaped lone surrogate": rb'{"name": "\ud800"}',
    "the second half first": rb'{"name": "\udc00\ud800"}',
    "a control character": b'{"name": "a\x01"}',
    "infinity": b'{"name": 1e400}',
    "not a number": b'{"name": NaN}',
    "single quotes": b"{'name': 'A'}",
    "a comment": b'{"name": "A"} // a brand',
    "100,000 arrays": b"[" * 100_000,
    "100,000 objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "nested too deeply": b'{"voice":' * MOST_NESTED + b"[]" + b"}" * MOST_NESTED,
    "nested too deeply in arrays": b"[" * 900 + b"]" * 900,
    "a member twice": b'{"name": "A", "name": "B"}',
    "a nested member twice": b'{"name": "A", "voice": {"tone": "a", "tone": "a"}}',
    "a member twice by its escape": rb'{"name": "A", "\u006eame": "B"}',
}
NOT_JSON = (None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "json")


@pytest.fixture
def account(shared_account: Account) -> Account:
    """Nothing here depends on the database."""
    return shared_account


def send(account: Account, body: bytes, content_type: str | None) -> TestResponse:
    headers = {} if content_type is None else {"Content-Type": content_type}
    return account.post("/brands", data=body, headers=headers)


@pytest.mark.parametrize("kind", MALFORMED)
def test_what_is_not_json_is_400(account: Account, kind: str) -> None:
    body = MALFORMED[kind]
    for answer in (
        account.post("/brands", data=body, headers=JSON),
        account.patch("/brands/brand_00000000000000000000000000", data=body, headers=JSON),
    ):
        problem(answer, 400, "invalid_json")


def test_nesting_that_is_deep_enough_for_anybody_is_read(account: Account) -> None:
    inner = b'{"a":' * (MOST_NESTED - 2) + b"1" + b"}" * (MOST_NESTED - 2)
    answer = account.post("/brands", data=b'{"name": "A", "voice": %s}' % inner, headers=JSON)
    assert entries(answer) == {("/voice/a", "unknown_field")}


def test_many_brackets_are_not_deep(account: Account) -> None:
    colors = [{"name": str(number), "hex": "#000000"} for number in range(20)]
    words: list[list[str]] = [[]] * 200
    answer = account.post(
        "/brands", json={"name": "A", "colors": colors, "voice": {"words_to_use": words}}
    )
    assert len(entries(answer)) == 200


@pytest.mark.parametrize("content_type", NOT_JSON)
def test_a_body_that_is_not_declared_as_json_is_415(
    account: Account, content_type: str | None
) -> None:
    problem(send(account, b'{"name": "A"}', content_type), 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json"],
)
def test_json_by_any_of_its_names_is_read(account: Account, content_type: str) -> None:
    assert send(account, b'{"name": "A"}', content_type).status_code == 201


@pytest.mark.parametrize("value", [None, True, 5, 1.5, "text", [], ["name"]])
def test_a_body_that_is_no_object_is_422(account: Account, value: object) -> None:
    answer = account.post("/brands", data=orjson.dumps(value), headers=JSON)
    assert entries(answer) == {("", "invalid")}


def test_every_problem_is_told_at_once_with_its_pointer(account: Account) -> None:
    body: dict[str, Any] = {
        "slug": "mine",
        "~a/b": 1,
        "description": None,
        "website_url": "ftp://example.com",
        "colors": [{"name": "a", "hex": "#123456"}, {"name": "", "hex": "red", "alpha": 1}],
        "voice": {"tone": 5, "words_to_use": ["fine", 7, ""]},
        "timezone": "Mars/Olympus",
        "metadata": {"a/b": 1, "c" * 41: "d", "": 2},
    }
    assert entries(account.post("/brands", json=body)) == {
        ("/name", "required"),
        ("/slug", "unknown_field"),
        ("/~0a~1b", "unknown_field"),
        ("/description", "null_not_allowed"),
        ("/website_url", "invalid"),
        ("/colors/1/name", "invalid"),
        ("/colors/1/hex", "invalid"),
        ("/colors/1/alpha", "unknown_field"),
        ("/voice/tone", "invalid"),
        ("/voice/words_to_use/1", "invalid"),
        ("/voice/words_to_use/2", "invalid"),
        ("/timezone", "invalid"),
        ("/metadata/a~1b", "invalid"),
        ("/metadata/" + "c" * 41, "invalid"),
        ("/metadata/", "invalid"),
    }


def test_a_patch_tells_read_only_fields_with_all_else(account: Account) -> None:
    brand = account.post("/brands", json={"name": "A"}).json
    assert brand is not None
    body = {"id": "brand_x", "version": 2, "status": "active", "name": "", "nmae": "B"}
    assert entries(account.patch(f"/brands/{brand['id']}", json=body)) == {
        ("/id", "read_only_field"),
        ("/version", "read_only_field"),
        ("/name", "invalid"),
        ("/nmae", "unknown_field"),
    }
    assert account.get(f"/brands/{brand['id']}").json == brand


NUMBERS = ["1e400", "-1e400", str(10**30), str(2**63), str(2**64), "1.0", "1e3", '"60"', "true"]


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_that_are_none_of_ours_are_refused(account: Account, number: str) -> None:
    path = f"/api-keys/{account.with_key().key_id}/rotate"
    answer = account.post(path, data=f'{{"overlap_seconds": {number}}}', headers=JSON)
    assert answer.status_code == (400 if "e400" in number else 422)


@pytest.mark.parametrize("size", [1_000_000, 1_000_001, 2_000_000])
def test_bodies_over_a_megabyte_are_413(account: Account, size: int) -> None:
    body = b'{"name": "A"}'.ljust(size)
    answer = account.post("/brands", data=body, headers=JSON)
    if size > 1_000_000:
        problem(answer, 413, "body_too_large")
    else:
        assert answer.status_code == 201


def test_where_no_body_is_taken_only_an_empty_one_is(account: Account) -> None:
    made = account.post("/brands", json={"name": "A"}).json
    assert made is not None
    path = f"/brands/{made['id']}/archive"
    assert entries(account.post(path, json={"force": True})) == {("", "unknown_field")}
    problem(account.post(path, data=b"force=1"), 415, "unsupported_media_type")
    problem(account.post(path, data=b"{", headers=JSON), 400, "invalid_json")
    assert account.post(path, json={}).status_code == 200
    assert account.post(f"/brands/{made['id']}/unarchive").status_code == 200
    assert account.delete(f"/brands/{made['id']}", json={"a": 1}).status_code == 422


def test_a_body_that_may_be_left_out_may_be_left_out(account: Account) -> None:
    rotated = account.post(f"/api-keys/{account.with_key().key_id}/rotate")
    assert rotated.status_code == 201
