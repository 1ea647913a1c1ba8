"""`PATCH /v1/api-keys/{id}`: merging, read-only fields, and who may change what."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from anthyx_server import clock
from server.tests.keys.answers import audit_of, document, events_of, pointers, problem
from server.tests.keys.passing import use_until
from tests.support.apps import Account

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def patch(account: Account, key_id: str, **body: Any) -> dict[str, Any]:
    return document(account.patch(f"/api-keys/{key_id}", json=body))


def shown(account: Account, key_id: str) -> dict[str, Any]:
    return document(account.get(f"/api-keys/{key_id}"))


def test_what_can_be_changed_is_merged(account: Account) -> None:
    key_id = account.with_key(scopes=["brands:read", "posts:read"]).key_id
    before = shown(account, key_id)
    end = clock.rfc3339(clock.now() + timedelta(days=90))
    changes = {"name": "New", "ip_allowlist": ["10.0.0.0/8"], "expires_at": end}
    after = patch(account, key_id, **changes)
    assert after == before | changes | {"version": 2, "updated_at": after["updated_at"]}
    assert after["updated_at"] > before["updated_at"]
    cleared = patch(account, key_id, ip_allowlist=None, expires_at=None)
    assert (cleared["ip_allowlist"], cleared["expires_at"]) == (None, None)
    assert (cleared["name"], cleared["version"]) == ("New", 3)
    widened = patch(account, key_id, scopes=["posts:read", "brands:write", "brands:read"])
    assert widened["scopes"] == ["posts:read", "brands:read", "brands:write"]
    assert shown(account, key_id) == widened
    assert [entry.detail for entry in audit_of(account.app, key_id)][1] == {
        "previous": {name: before[name] for name in changes},
        "changed": changes,
    }


def test_nothing_changed_changes_nothing(account: Account) -> None:
    key_id = account.with_key(scopes=["brands:read", "posts:read"]).key_id
    before = shown(account, key_id)
    assert patch(account, key_id) == before
    assert patch(account, key_id, **before) == before
    assert patch(account, key_id, scopes=["brands:read", "posts:read", "posts:read"]) == before
    assert len(audit_of(account.app, key_id)) == 1
    assert len(events_of(account.app, key_id)) == 1


def test_widened_rights_hold_at_the_next_request(account: Account) -> None:
    key = account.with_key(scopes=["brands:read"], ip_allowlist=["10.0.0.0/8"])
    problem(key.get("/brands"), 403, "ip_not_allowed")
    patch(account, key.key_id, ip_allowlist=["10.0.0.0/8", "127.0.0.1"])
    assert key.get("/brands").status_code == 200
    problem(key.post("/brands", json={"name": "A"}), 403, "insufficient_scope")
    patch(account, key.key_id, scopes=["brands:read", "brands:write"])
    assert key.post("/brands", json={"name": "A"}).status_code == 201


def test_an_end_can_be_set_moved_and_taken_away(account: Account) -> None:
    key = account.with_key()
    assert key.get("/workspace").status_code == 200
    soon = clock.now() + timedelta(milliseconds=500)
    patch(account, key.key_id, expires_at=clock.rfc3339(soon))
    problem(use_until(key, soon), 401, "api_key_expired")
    late = account.patch(f"/api-keys/{key.key_id}", json={"expires_at": None})
    assert problem(late, 409, "invalid_state")["state"] == "expired"


@on_sqlite
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "key_other"),
        ("family_id", "key_other"),
        ("description", "new"),
        ("prefix", "anthyx_test_"),
        ("last4", "0000"),
        ("mode", "test"),
        ("brand_ids", ["brand_" + "0" * 26]),
        ("metadata", {"a": "b"}),
        ("version", 7),
        ("created_at", "2026-01-01T00:00:00.000Z"),
        ("created_by", None),
        ("last_used_ip", "192.0.2.1"),
        ("rotated_from", "key_other"),
        ("superseded_by", "key_other"),
        ("revoked_reason", "deleted"),
        ("status", "revoked"),
    ],
)
def test_a_changed_read_only_field_is_refused(account: Account, field: str, value: Any) -> None:
    answer = account.patch(f"/api-keys/{account.key_id}", json={"name": "New", field: value})
    (entry,) = problem(answer, 422, "validation_failed")["errors"]
    assert (entry["code"], entry["pointer"]) == ("read_only_field", f"/{field}")
    assert shown(account, account.key_id)["name"] == "A key"


@on_sqlite
@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": None}, "/name"),
        ({"name": " "}, "/name"),
        ({"scopes": None}, "/scopes"),
        ({"scopes": []}, "/scopes"),
        ({"scopes": ["all"]}, "/scopes/0"),
        ({"ip_allowlist": []}, "/ip_allowlist"),
        ({"ip_allowlist": ["10.0.0.1/8"]}, "/ip_allowlist/0"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
        ({"expires_at": "soon"}, "/expires_at"),
        ({"secret": "mine"}, "/secret"),
        ({"revoked": True}, "/revoked"),
    ],
)
def test_a_wrong_field_is_named(account: Account, body: dict[str, Any], pointer: str) -> None:
    answer = account.patch(f"/api-keys/{account.key_id}", json=body)
    assert pointers(answer) == {pointer}


@on_sqlite
def test_a_key_of_some_brands_cannot_be_given_keys_scopes(account: Account) -> None:
    brand_id = document(account.post("/brands", json={"name": "Acme"}), 201)["id"]
    key = account.with_key(scopes=["brands:read"], brand_ids=[brand_id])
    for scope in ("keys:read", "keys:write"):
        answer = account.patch(f"/api-keys/{key.key_id}", json={"scopes": ["brands:read", scope]})
        assert pointers(answer) == {"/scopes"}


@on_sqlite
def test_the_caller_needs_the_scopes_before_and_after(account: Account) -> None:
    caller = account.with_key(scopes=["keys:write", "brands:read"])
    target = account.with_key(scopes=["brands:read"])
    widened = caller.patch(f"/api-keys/{target.key_id}", json={"scopes": ["posts:read"]})
    told = problem(widened, 403, "insufficient_scope")
    assert told["required_scopes"] == ["keys:write", "posts:read"]
    above = caller.patch(f"/api-keys/{account.key_id}", json={"name": "Mine now"})
    assert "audit:read" in problem(above, 403, "insufficient_scope")["required_scopes"]
    assert patch(caller, target.key_id, name="Ours")["name"] == "Ours"
    reader = account.with_key(scopes=["keys:read", "brands:read"])
    refused = reader.patch(f"/api-keys/{target.key_id}", json={"name": "No"})
    assert problem(refused, 403, "insufficient_scope")["required_scopes"] == ["keys:write"]


@on_sqlite
def test_a_stale_version_is_refused(account: Account) -> None:
    path = f"/api-keys/{account.with_key().key_id}"
    tag = account.get(path).headers["ETag"]
    assert account.get(path, headers={"If-None-Match": tag}).status_code == 304
    fresh = account.patch(path, json={"name": "B"}, headers={"If-Match": tag})
    assert document(fresh)["version"] == 2
    assert fresh.headers["ETag"] == account.get(path).headers["ETag"] != tag
    stale = account.patch(path, json={"name": "C"}, headers={"If-Match": tag})
    problem(stale, 412, "precondition_failed")
    stale = account.delete(path, headers={"If-Match": tag})
    problem(stale, 412, "precondition_failed")
    stale = account.post(f"{path}/rotate", headers={"If-Match": tag})
    problem(stale, 412, "precondition_failed")
    assert account.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_a_revoked_key_cannot_be_changed(account: Account) -> None:
    path = f"/api-keys/{account.with_key().key_id}"
    assert account.delete(path).status_code == 204
    refused = account.patch(path, json={"name": "Back"})
    assert problem(refused, 409, "invalid_state")["state"] == "revoked"


@on_sqlite
def test_others_keys_are_not_found(account: Account, other_account: Account) -> None:
    for stranger in (other_account, account.with_key(mode="test")):
        path = f"/api-keys/{stranger.key_id}"
        problem(account.get(path), 404, "not_found")
        problem(account.patch(path, json={"name": "Mine"}), 404, "not_found")
        problem(account.delete(path), 404, "not_found")
        problem(account.post(f"{path}/rotate"), 404, "not_found")
        assert stranger.get("/api-keys/current").status_code == 200
