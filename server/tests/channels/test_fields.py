"""What each field of a channel takes, and what can be changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.apps import Account
from tests.support.problems import entries, problem

Make = Callable[..., dict[str, Any]]
WIDE = "🥖"
NOBODYS = "brand_00000000000000000000000000"

FITS: list[dict[str, Any]] = [
    {"name": WIDE * 100},
    {"external_id": WIDE * 200},
    {"external_id": None, "credentials": None},
    {"credentials": {}},
    {"credentials": {f"{number:02}" + WIDE * 38: WIDE * 4_096 for number in range(20)}},
    *[{"platform": name} for name in ("instagram", "linkedin", "x", "facebook", "tiktok")],
]
DOES_NOT: list[tuple[dict[str, Any], str]] = [
    ({"name": " "}, "/name"),
    ({"name": "a" * 101}, "/name"),
    ({"name": None}, "/name"),
    ({"external_id": ""}, "/external_id"),
    ({"external_id": "a" * 201}, "/external_id"),
    ({"external_id": 5}, "/external_id"),
    ({"credentials": "token"}, "/credentials"),
    ({"credentials": ["token"]}, "/credentials"),
    ({"credentials": {str(number): "" for number in range(21)}}, "/credentials"),
    ({"credentials": {"a" * 41: ""}}, "/credentials/" + "a" * 41),
    ({"credentials": {"a": "b" * 4_097}}, "/credentials/a"),
    ({"credentials": {"a": 1}}, "/credentials/a"),
    ({"credentials": {"a": "\x00"}}, "/credentials/a"),
    ({"colour": "red"}, "/colour"),
]
ONLY_NEW: list[tuple[dict[str, Any], str]] = [
    ({"platform": "myspace"}, "/platform"),
    ({"platform": "X"}, "/platform"),
    ({"platform": None}, "/platform"),
    ({"brand_id": "acme"}, "/brand_id"),
    ({"brand_id": None}, "/brand_id"),
    ({"status": "connected"}, "/status"),
]


def test_a_channel_is_connected_from_the_start(account: Account, make_brand: Make) -> None:
    brand = make_brand()
    body = {
        "brand_id": brand["id"],
        "platform": "instagram",
        "name": " @acme ",
        "external_id": "178414",
        "credentials": {"access_token": "secret"},
    }
    answer = account.post("/channels", json=body)
    assert answer.status_code == 201
    made = answer.get_json()
    assert made == {
        "id": made["id"],
        "brand_id": brand["id"],
        "platform": "instagram",
        "name": "@acme",
        "external_id": "178414",
        "status": "connected",
        "status_detail": None,
        "version": 1,
        "created_at": made["created_at"],
        "updated_at": made["created_at"],
    }
    assert made["id"].startswith("chan_")
    assert answer.headers["Location"] == f"/v1/channels/{made['id']}"
    assert answer.headers["ETag"] == '"1"'
    assert account.get(f"/channels/{made['id']}").get_json() == made
    assert account.get("/channels").get_json()["data"] == [made]


def test_what_fits_is_taken_and_can_be_sent_back(account: Account, make_channel: Make) -> None:
    for values in FITS:
        made = make_channel(**values)
        answer = account.patch(f"/channels/{made['id']}", json=made)
        assert (answer.status_code, answer.get_json()) == (200, made)


def test_what_does_not_fit_is_named(account: Account, make_brand: Make, make_channel: Make) -> None:
    channel = make_channel(name="Untouched")
    whole = {"brand_id": make_brand()["id"], "platform": "x", "name": "A"}
    for values, pointer in DOES_NOT + ONLY_NEW:
        answer = account.post("/channels", json=whole | values)
        assert {place for place, _ in entries(answer)} == {pointer}, values
    for values, pointer in DOES_NOT:
        answer = account.patch(f"/channels/{channel['id']}", json=values)
        assert {place for place, _ in entries(answer)} == {pointer}, values
    assert entries(account.post("/channels", json={})) == {
        ("/brand_id", "required"),
        ("/platform", "required"),
        ("/name", "required"),
    }
    assert account.get("/channels").get_json()["data"] == [channel]


@pytest.mark.parametrize("brand", ["nobody's", "another workspace's", "of the other mode"])
def test_a_brand_that_is_not_seen_is_none(
    account: Account, other_account: Account, brand: str
) -> None:
    owner = other_account if brand == "another workspace's" else account.with_key(mode="test")
    brand_id = owner.post("/brands", json={"name": "Theirs"}).get_json()["id"]
    if brand == "nobody's":
        brand_id = NOBODYS
    body = {"brand_id": brand_id, "platform": "x", "name": "A"}
    document = problem(account.post("/channels", json=body), 422, "validation_failed")
    assert document["errors"] == [
        {"code": "invalid", "detail": "There is no such brand here.", "pointer": "/brand_id"}
    ]
    problem(account.get(f"/channels?brand_id={brand_id}"), 404, "not_found")


def test_an_archived_brand_gets_no_channel(
    account: Account, make_brand: Make, make_channel: Make
) -> None:
    brand_id = make_brand()["id"]
    channel = make_channel(brand_id=brand_id)
    account.post(f"/brands/{brand_id}/archive")
    body = {"brand_id": brand_id, "platform": "x", "name": "A"}
    problem(account.post("/channels", json=body), 409, "brand_archived")
    path = f"/channels/{channel['id']}"
    assert account.patch(path, json={"credentials": None}).status_code == 200
    assert account.delete(path).status_code == 204


def test_brand_and_platform_stay(account: Account, make_brand: Make, make_channel: Make) -> None:
    channel = make_channel()
    path = f"/channels/{channel['id']}"
    for name, value in (
        ("brand_id", make_brand()["id"]),
        ("platform", "x"),
        ("status", "error"),
        ("version", 7),
    ):
        answer = account.patch(path, json={name: value})
        assert entries(answer) == {(f"/{name}", "read_only_field")}
        assert account.patch(path, json={name: channel[name]}).get_json() == channel


def test_a_change_is_a_version(account: Account, make_channel: Make) -> None:
    channel = make_channel(external_id="1")
    path = f"/channels/{channel['id']}"
    changed = account.patch(path, json={"name": "New", "external_id": None})
    shown = changed.get_json()
    assert shown == {
        **channel,
        "name": "New",
        "external_id": None,
        "version": 2,
        "updated_at": shown["updated_at"],
    }
    assert changed.headers["ETag"] == '"2"'
    stale = {"If-Match": '"1"'}
    problem(account.patch(path, json={"name": "A"}, headers=stale), 412, "precondition_failed")
    problem(account.delete(path, headers=stale), 412, "precondition_failed")
    assert account.get(path, headers={"If-None-Match": '"2"'}).status_code == 304
    for patch in ({}, shown, {"name": " New "}, {"credentials": {"a": None}}):
        assert account.patch(path, json=patch).get_json() == shown
