"""Archiving, unarchiving, deleting, and what each leaves behind in the outbox."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from flask import Flask

from anthyx_server import db, events
from tests.support.apps import Account
from tests.support.problems import problem

Make = Callable[..., dict[str, Any]]
WIDE = "🥖"


def published(app: Flask) -> list[dict[str, Any]]:
    """What is in the outbox about brands, in order."""
    with app.app_context():
        rows = db.db.session.query(events.Event).order_by(events.Event.id).all()
        found = [orjson.loads(row.body) for row in rows if row.type.startswith("brand.")]
        assert all((row.type, row.id) for row in rows)
    return sorted(found, key=lambda each: each["data"]["object"].get("version", 0))


def test_an_archived_brand_is_readable_and_can_not_be_changed(
    account: Account, make_brand: Make
) -> None:
    brand = make_brand()
    path = f"/brands/{brand['id']}"
    archived = account.post(f"{path}/archive").json
    assert archived is not None
    assert archived["status"] == "archived"
    assert archived["archived_at"] == archived["updated_at"] > brand["updated_at"]
    assert archived["version"] == 2
    assert account.get(path).json == archived
    problem(account.patch(path, json={"description": "x"}), 409, "brand_archived")
    document = problem(account.post(f"{path}/archive"), 409, "invalid_state")
    assert document["state"] == "archived"
    assert account.get(path).json == archived


def test_an_unarchived_brand_is_as_before(account: Account, make_brand: Make) -> None:
    brand = make_brand()
    path = f"/brands/{brand['id']}"
    document = problem(account.post(f"{path}/unarchive"), 409, "invalid_state")
    assert document["state"] == "active"
    account.post(f"{path}/archive")
    active = account.post(f"{path}/unarchive").json
    assert active is not None
    assert active == {**brand, "version": 3, "updated_at": active["updated_at"]}
    assert account.patch(path, json={"description": "x"}).status_code == 200


@pytest.mark.parametrize("is_archived", [False, True])
def test_a_deleted_brand_is_gone(account: Account, make_brand: Make, *, is_archived: bool) -> None:
    path = f"/brands/{make_brand()['id']}"
    if is_archived:
        account.post(f"{path}/archive")
    answer = account.delete(path)
    assert (answer.status_code, answer.get_data()) == (204, b"")
    assert "Content-Type" not in answer.headers
    for method, target in (
        ("GET", path),
        ("PATCH", path),
        ("DELETE", path),
        ("POST", f"{path}/archive"),
        ("POST", f"{path}/unarchive"),
    ):
        body: dict[str, Any] | None = {} if method == "PATCH" else None
        problem(account.request(method, target, json=body), 404, "not_found")


def test_the_list_is_filtered_by_status(account: Account, make_brand: Make) -> None:
    kept, archived = make_brand("Kept")["id"], make_brand("Archived")["id"]
    account.post(f"/brands/{archived}/archive")
    for query, expected in (
        ("", [archived, kept]),
        ("?status=active", [kept]),
        ("?status=archived", [archived]),
    ):
        page = account.get(f"/brands{query}").json
        assert page is not None
        assert [brand["id"] for brand in page["data"]] == expected


def test_every_change_is_one_event_with_what_has_changed(
    account: Account, make_brand: Make
) -> None:
    brand = make_brand(description="Old")
    path = f"/brands/{brand['id']}"
    headers = {"X-Request-Id": "mine", "Idempotency-Key": "once"}
    updated = account.patch(path, json={"description": "New"}, headers=headers).json
    archived = account.post(f"{path}/archive").json
    active = account.post(f"{path}/unarchive").json
    account.delete(path)
    assert updated is not None
    assert archived is not None
    assert active is not None
    found = published(account.app)
    bumped = {"version", "updated_at"}
    expected = [
        ("brand.created", brand, None),
        ("brand.updated", updated, {"description", *bumped}),
        ("brand.archived", archived, {"status", "archived_at", *bumped}),
        ("brand.unarchived", active, {"status", "archived_at", *bumped}),
        ("brand.deleted", active, None),
    ]
    assert len(found) == len(expected)
    assert [(each["type"], each["data"]["object"]) for each in found] == [
        (kind, shown) for kind, shown, _ in expected
    ]
    for each, (_, _, changed) in zip(found, expected, strict=True):
        previous = each["data"]["previous"]
        assert (None if previous is None else set(previous)) == changed
    assert found[1]["data"]["previous"] == {
        "description": "Old",
        "version": 1,
        "updated_at": brand["updated_at"],
    }
    assert found[1]["request"] == {"id": "mine", "idempotency_key": "once"}


def test_nothing_is_told_where_nothing_changes(account: Account, make_brand: Make) -> None:
    brand = make_brand(metadata={"a": "1"})
    path = f"/brands/{brand['id']}"
    for patch in ({}, brand, {"metadata": {"b": None}}, {"name": " Acme "}):
        assert account.patch(path, json=patch).json == brand
    problem(account.patch(path, json={"name": ""}), 422, "validation_failed")
    problem(account.delete(path, headers={"If-Match": '"7"'}), 412, "precondition_failed")
    assert [each["type"] for each in published(account.app)] == ["brand.created"]


def test_an_event_is_in_the_changes_transaction(account: Account, make_brand: Make) -> None:
    path = f"/brands/{make_brand()['id']}"

    def refuse(_session: object) -> None:
        raise RuntimeError("not now")

    with db.committing.connected_to(refuse):
        for method, target, body in (
            ("POST", "/brands", {"name": "Other"}),
            ("PATCH", path, {"name": "Other"}),
            ("POST", f"{path}/archive", None),
            ("DELETE", path, None),
        ):
            problem(account.request(method, target, json=body), 500, "internal_error")
    assert [each["type"] for each in published(account.app)] == ["brand.created"]


def test_an_event_over_256_kib_names_the_brand_alone(account: Account, make_brand: Make) -> None:
    voice = {name: [WIDE * 100] * 200 for name in ("words_to_use", "words_to_avoid")}
    brand = make_brand(voice=voice)
    other = {name: ["b" + WIDE * 99] * 200 for name in voice}
    assert account.patch(f"/brands/{brand['id']}", json={"voice": other}).status_code == 200
    cut = [each for each in published(account.app) if each["data"]["truncated"]]
    assert len(cut) == 1
    assert cut[0]["type"] == "brand.updated"
    assert cut[0]["data"] == {
        "object": {"type": "brand", "id": brand["id"]},
        "previous": None,
        "truncated": True,
    }
    assert cut[0]["brand_id"] == brand["id"]
