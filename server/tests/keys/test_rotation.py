"""`POST /v1/api-keys/{id}/rotate`: the successor, the overlap, and one rotation at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from anthyx_server import clock
from server.tests.keys.answers import audit_of, document, events_of, pointers, problem
from server.tests.keys.passing import use_until
from tests.support.apps import Account, make_account

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SAME = (
    "family_id", "name", "description", "mode", "scopes", "brand_ids", "ip_allowlist", "metadata",
)  # fmt: skip


def rotate(account: Account, key_id: str, **body: Any) -> dict[str, Any]:
    options = {"json": body} if body else {}
    return document(account.post(f"/api-keys/{key_id}/rotate", **options), 201)


def shown(account: Account, key_id: str) -> dict[str, Any]:
    return document(account.get(f"/api-keys/{key_id}"))


@contextmanager
def ends_after(account: Account, key_id: str, seconds: int) -> Iterator[None]:
    """What is done meanwhile makes the key end so many seconds later."""
    overlap = timedelta(seconds=seconds)
    before = clock.now() - timedelta(milliseconds=1)  # times are shown in whole milliseconds
    yield
    end = datetime.fromisoformat(shown(account, key_id)["expires_at"])
    assert before + overlap <= end <= clock.now() + overlap


def test_a_successor_is_the_same_but_for_its_token(account: Account) -> None:
    brand_id = document(account.post("/brands", json={"name": "Acme"}), 201)["id"]
    key = account.with_key(
        name="Zapier",
        description="Syncs",
        scopes=["brands:read"],
        brand_ids=[brand_id],
        ip_allowlist=["127.0.0.0/8"],
        metadata={"team": "web"},
    )
    before = shown(account, key.key_id)
    with ends_after(account, key.key_id, 86_400):
        answer = account.post(f"/api-keys/{key.key_id}/rotate")
    successor = document(answer, 201)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Location"] == f"/v1/api-keys/{successor['id']}"
    token = successor.pop("secret")
    assert token != key.token
    assert {name: successor[name] for name in SAME} == {name: before[name] for name in SAME}
    assert (successor["rotated_from"], successor["superseded_by"]) == (key.key_id, None)
    assert (successor["status"], successor["expires_at"]) == ("active", None)
    assert shown(account, successor["id"]) == successor
    old = shown(account, key.key_id)
    assert (old["status"], old["superseded_by"]) == ("expiring", successor["id"])
    assert (old["version"], old["revoked_at"]) == (2, None)
    for working in (token, key.token):
        assert account.get("/brands", token=working).status_code == 200


def test_both_keys_of_a_family_draw_on_the_same_windows(account: Account) -> None:
    key = account.with_key()
    assert key.get("/workspace").status_code == 200
    successor = rotate(account, key.key_id)["secret"]
    for token in (successor, key.token, successor):
        assert account.get("/workspace", token=token).status_code == 200
    for token in (successor, key.token):
        assert document(account.get("/usage", token=token))["windows"][0]["used"] == 4
    again = account.delete(f"/api-keys/{key.key_id}")
    assert again.status_code == 204
    assert document(account.get("/usage", token=successor))["windows"][0]["used"] == 4


def test_without_overlap_the_old_key_ends_at_once(account: Account) -> None:
    key = account.with_key()
    assert key.get("/workspace").status_code == 200
    successor = rotate(account, key.key_id, overlap_seconds=0)
    problem(key.get("/workspace"), 401, "api_key_revoked")
    assert account.get("/workspace", token=successor["secret"]).status_code == 200
    old = shown(account, key.key_id)
    assert (old["status"], old["revoked_reason"]) == ("revoked", "rotated")
    assert old["revoked_by"]["id"] == account.key_id
    assert old["superseded_by"] == successor["id"]


@on_sqlite
@pytest.mark.parametrize("overlap", [-1, 604_801, 1.5, 60.0, "60", True, None, 10**30])
def test_a_wrong_overlap_is_refused(account: Account, overlap: Any) -> None:
    key_id = account.with_key().key_id
    answer = account.post(f"/api-keys/{key_id}/rotate", json={"overlap_seconds": overlap})
    if overlap == 10**30:
        assert answer.status_code in {400, 422}
    else:
        assert pointers(answer) == {"/overlap_seconds"}
    assert shown(account, key_id)["superseded_by"] is None


@on_sqlite
def test_the_longest_overlap_is_seven_days(account: Account) -> None:
    key_id = account.with_key().key_id
    with ends_after(account, key_id, 604_800):
        rotate(account, key_id, overlap_seconds=604_800)


@on_sqlite
def test_the_end_is_inherited_and_only_moves_earlier(account: Account) -> None:
    end = clock.rfc3339(clock.now() + timedelta(hours=1))
    by_expiry, by_overlap = (
        account.with_key(expires_at=datetime.fromisoformat(end)).key_id for _ in range(2)
    )
    assert rotate(account, by_expiry)["expires_at"] == end
    assert shown(account, by_expiry)["expires_at"] == end
    with ends_after(account, by_overlap, 60):
        assert rotate(account, by_overlap, overlap_seconds=60)["expires_at"] == end
    path = f"/api-keys/{by_overlap}"
    for later in (end, None):
        assert pointers(account.patch(path, json={"expires_at": later})) == {"/expires_at"}
    earlier = clock.rfc3339(clock.now() + timedelta(seconds=30))
    moved = document(account.patch(path, json={"expires_at": earlier, "name": "Old"}))
    assert (moved["expires_at"], moved["name"]) == (earlier, "Old")
    assert document(account.patch(path, json={"expires_at": earlier})) == moved


def test_neither_key_can_be_rotated_while_the_predecessor_is_in_force(account: Account) -> None:
    key = account.with_key()
    successor = rotate(account, key.key_id)
    for key_id in (key.key_id, successor["id"]):
        refused = account.post(f"/api-keys/{key_id}/rotate")
        problem(refused, 409, "rotation_in_progress")
    own = replace(key, token=successor["secret"])
    problem(own.post(f"/api-keys/{successor['id']}/rotate"), 409, "rotation_in_progress")
    assert account.delete(f"/api-keys/{key.key_id}").status_code == 204
    third = rotate(account, successor["id"])
    assert third["family_id"] == key.key_id
    assert third["rotated_from"] == successor["id"]
    gone = account.post(f"/api-keys/{key.key_id}/rotate")
    assert problem(gone, 409, "invalid_state")["state"] == "revoked"


def test_a_successor_can_be_rotated_once_its_predecessor_expired(account: Account) -> None:
    key = account.with_key()
    successor = rotate(account, key.key_id, overlap_seconds=1)
    end = datetime.fromisoformat(shown(account, key.key_id)["expires_at"])
    problem(account.post(f"/api-keys/{successor['id']}/rotate"), 409, "rotation_in_progress")
    problem(use_until(key, end), 401, "api_key_expired")
    assert rotate(account, successor["id"])["rotated_from"] == successor["id"]
    gone = account.post(f"/api-keys/{key.key_id}/rotate")
    assert problem(gone, 409, "invalid_state")["state"] == "expired"


def test_a_deleted_successor_leaves_the_predecessor_as_it_was(account: Account) -> None:
    key = account.with_key()
    successor = rotate(account, key.key_id)
    assert account.delete(f"/api-keys/{successor['id']}").status_code == 204
    problem(account.get("/workspace", token=successor["secret"]), 401, "api_key_revoked")
    assert key.get("/workspace").status_code == 200
    old = shown(account, key.key_id)
    assert (old["status"], old["superseded_by"]) == ("expiring", successor["id"])
    problem(account.post(f"/api-keys/{key.key_id}/rotate"), 409, "rotation_in_progress")


@on_sqlite
def test_a_key_rotates_itself_with_a_minute_of_overlap_at_least(account: Account) -> None:
    key = account.with_key()
    path = f"/api-keys/{key.key_id}/rotate"
    for overlap in (0, 59):
        refused = key.post(path, json={"overlap_seconds": overlap})
        (entry,) = problem(refused, 422, "overlap_required")["errors"]
        assert (entry["code"], entry["pointer"]) == ("overlap_required", "/overlap_seconds")
    assert shown(account, key.key_id)["version"] == 1
    assert rotate(key, key.key_id, overlap_seconds=60)["rotated_from"] == key.key_id
    assert key.get("/workspace").status_code == 200


@on_sqlite
def test_the_caller_needs_every_scope_of_the_rotated_key(account: Account) -> None:
    caller = account.with_key(scopes=["keys:write", "brands:read"])
    told = problem(
        caller.post(f"/api-keys/{account.key_id}/rotate"), 403, "insufficient_scope"
    )  # fmt: skip
    assert set(told["required_scopes"]) >= {"audit:read", "keys:read", "posts:write"}
    assert rotate(caller, account.with_key(scopes=["brands:read"]).key_id)
    reader = account.with_key(scopes=["keys:read", "brands:read"])
    refused = reader.post(f"/api-keys/{reader.key_id}/rotate")
    assert problem(refused, 403, "insufficient_scope")["required_scopes"] == ["keys:write"]


def test_a_rotation_is_on_the_audit_log_and_in_the_outbox_once(account: Account) -> None:
    key = account.with_key()
    successor = rotate(account, key.key_id, overlap_seconds=0)
    (event,) = events_of(account.app, successor["id"])
    assert event["type"] == "api_key.rotated"
    assert event["data"]["object"] == shown(account, successor["id"])
    (entry,) = audit_of(account.app, successor["id"])
    assert (entry.action, entry.detail["replaced"]) == ("api_key.rotated", key.key_id)
    assert entry.actor["id"] == account.key_id


@on_sqlite
def test_rotation_needs_no_place_in_the_plan(account: Account) -> None:
    full = make_account(account.app, plan="free")
    for _ in range(4):
        full.with_key()
    successor = rotate(full, full.key_id)
    assert document(full.get("/usage"))["api_keys"] == {"used": 5, "limit": 5}
    problem(full.post("/api-keys", json={"name": "6th"}), 403, "plan_limit_reached")
    assert full.get("/workspace", token=successor["secret"]).status_code == 200
