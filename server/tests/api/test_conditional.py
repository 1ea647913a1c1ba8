"""ETag, If-Match and If-None-Match over a resource's version."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.support.apps import Account
from tests.support.problems import problem


@pytest.fixture
def account(shared_account: Account) -> Account:
    """Nothing here depends on the database."""
    return shared_account


@pytest.fixture
def path(account: Account) -> str:
    made = account.post("/brands", json={"name": "Acme"}).json
    assert made is not None
    return f"/brands/{made['id']}"


def change(account: Account, path: str, tag: str) -> TestResponse:
    return account.patch(path, json={"description": tag}, headers={"If-Match": tag})


def test_the_tag_is_strong_and_made_of_the_version(account: Account, path: str) -> None:
    assert account.get(path).headers["ETag"] == '"1"'
    assert account.patch(path, json={"description": "x"}).headers["ETag"] == '"2"'
    assert account.post(f"{path}/archive").headers["ETag"] == '"3"'
    assert account.post("/brands", json={"name": "Other"}).headers["ETag"] == '"1"'


@pytest.mark.parametrize("tag", ['"1"', 'W/"1"', '"0", "1"', '"0" ,W/"1"', "*", " * "])
def test_an_unchanged_resource_is_304(account: Account, path: str, tag: str) -> None:
    answer = account.get(path, headers={"If-None-Match": tag})
    assert (answer.status_code, answer.get_data()) == (304, b"")
    assert answer.headers["ETag"] == '"1"'
    assert "X-RateLimit-Remaining" in answer.headers
    assert "Content-Type" not in answer.headers


@pytest.mark.parametrize("tag", ['"2"', "1", '""', "", '"11"', "W/1"])
def test_another_tag_gets_the_resource(account: Account, path: str, tag: str) -> None:
    assert account.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_head_is_conditional_too(account: Account, path: str) -> None:
    assert account.request("HEAD", path, headers={"If-None-Match": '"1"'}).status_code == 304


@pytest.mark.parametrize("tag", ['"1"', '"0", "1"', "*", ' "7","1" '])
def test_a_matching_tag_lets_the_change_happen(account: Account, path: str, tag: str) -> None:
    assert change(account, path, tag).status_code == 200


@pytest.mark.parametrize("tag", ['"0"', "1", 'W/"1"', "", '"', "ä", '"1" "2"', ",,,"])
def test_a_stale_or_odd_tag_is_412(account: Account, path: str, tag: str) -> None:
    problem(change(account, path, tag), 412, "precondition_failed")
    assert account.get(path).headers["ETag"] == '"1"', "nothing has changed"


def test_every_action_judges_if_match(account: Account, path: str) -> None:
    stale = {"If-Match": '"9"'}
    for method, target in (
        ("PATCH", path),
        ("DELETE", path),
        ("POST", f"{path}/archive"),
        ("POST", f"{path}/unarchive"),
        ("POST", f"/api-keys/{account.key_id}/rotate"),
        ("PATCH", f"/api-keys/{account.key_id}"),
        ("DELETE", f"/api-keys/{account.key_id}"),
        ("DELETE", "/api-keys/current"),
    ):
        body: dict[str, Any] | None = {} if method == "PATCH" else None
        answer = account.request(method, target, headers=stale, json=body)
        problem(answer, 412, "precondition_failed")
    assert account.delete(path, headers={"If-Match": '"1"'}).status_code == 204


def test_a_missing_resource_is_404_whatever_matches(account: Account) -> None:
    path = "/brands/brand_01m85b8621tp3njfh6qm82sfwd"
    problem(change(account, path, "*"), 404, "not_found")
    problem(account.get(path, headers={"If-None-Match": "*"}), 404, "not_found")


def test_what_is_sent_is_judged_before_when(account: Account, path: str) -> None:
    """As everywhere: a body that could never be right is 422 whatever the version."""
    stale = {"If-Match": '"9"'}
    for target, body in (
        (path, {"name": "", "version": 7}),
        (path, {"nmae": "A"}),
        (f"/api-keys/{account.key_id}", {"scopes": []}),
    ):
        answer = account.patch(target, json=body, headers=stale)
        problem(answer, 422, "validation_failed")
    rotate = f"/api-keys/{account.key_id}/rotate"
    answer = account.post(rotate, json={"overlap_seconds": -1}, headers=stale)
    problem(answer, 422, "validation_failed")


def test_an_old_copy_that_is_sent_back_is_stale_and_not_wrong(account: Account, path: str) -> None:
    """Its version and times are read-only and have changed: that is what If-Match is for."""
    copy, tag = account.get(path).get_json(), account.get(path).headers["ETag"]
    account.patch(path, json={"description": "Changed meanwhile"})
    answer = account.patch(path, json={**copy, "name": "New"}, headers={"If-Match": tag})
    problem(answer, 412, "precondition_failed")
    answer = account.patch(path, json={**copy, "name": "New"})
    problem(answer, 422, "validation_failed")
