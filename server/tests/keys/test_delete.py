"""Deleting keys, and what any key may see and do of itself."""

from __future__ import annotations

import pytest

from anthyx_server import clock
from server.tests.keys.answers import audit_of, document, events_of, problem
from tests.support.apps import Account

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_a_deleted_key_is_revoked_at_once_and_stays_readable(account: Account) -> None:
    key = account.with_key(name="Zapier")
    path = f"/api-keys/{key.key_id}"
    before = document(account.get(path))
    assert key.get("/workspace").status_code == 200
    answer = account.delete(path)
    assert (answer.status_code, answer.data) == (204, b"")
    assert "Content-Type" not in answer.headers
    refused = key.get("/workspace")
    problem(refused, 401, "api_key_revoked")
    assert refused.headers["WWW-Authenticate"] == "Bearer"
    assert "X-RateLimit-Limit" not in refused.headers
    after = document(account.get(path))
    actor = {"type": "api_key", "id": account.key_id, "name": "A key"}
    changed = {
        "status": "revoked",
        "revoked_reason": "deleted",
        "revoked_by": actor,
        "revoked_at": after["revoked_at"],
        "updated_at": after["updated_at"],
        "version": 2,
    }
    assert after == before | changed
    assert after["revoked_at"] <= clock.rfc3339(clock.now())


def test_a_second_deletion_is_204_and_changes_nothing(account: Account) -> None:
    key_id = account.with_key().key_id
    path = f"/api-keys/{key_id}"
    tag = account.get(path).headers["ETag"]
    assert account.delete(path, headers={"If-Match": tag}).status_code == 204
    once = document(account.get(path))
    assert account.delete(path).status_code == 204
    assert account.delete(path, headers={"If-Match": tag}).status_code == 204
    assert document(account.get(path)) == once
    types = [event["type"] for event in events_of(account.app, key_id)]
    assert types == ["api_key.created", "api_key.revoked"]
    assert [entry.action for entry in audit_of(account.app, key_id)] == types


def test_deleting_needs_keys_write_but_not_the_scopes_of_the_key(account: Account) -> None:
    reader = account.with_key(scopes=["keys:read"])
    path = f"/api-keys/{account.with_key().key_id}"
    told = problem(reader.delete(path), 403, "insufficient_scope")
    assert told["required_scopes"] == ["keys:write"]
    assert account.with_key(scopes=["keys:write"]).delete(path).status_code == 204


@on_sqlite
def test_deletion_takes_no_body_and_finds_only_what_is_there(account: Account) -> None:
    path = f"/api-keys/{account.with_key().key_id}"
    problem(account.delete(path, json={"reason": "old"}), 422, "validation_failed")
    problem(account.delete("/api-keys/key_" + "0" * 26), 404, "not_found")
    problem(account.delete("/api-keys/"), 404, "not_found")
    assert document(account.get(path))["status"] == "active"


def test_any_key_may_see_and_revoke_itself(account: Account) -> None:
    brand_id = document(account.post("/brands", json={"name": "Acme"}), 201)["id"]
    key = account.with_key(scopes=["brands:read"], brand_ids=[brand_id])
    answer = key.get("/api-keys/current")
    current = document(answer)
    assert current == document(account.get(f"/api-keys/{key.key_id}"))
    assert (current["id"], current["scopes"]) == (key.key_id, ["brands:read"])
    tag = answer.headers["ETag"]
    unchanged = key.get("/api-keys/current", headers={"If-None-Match": tag})
    assert unchanged.status_code == 304
    stale = key.delete("/api-keys/current", headers={"If-Match": '"9-active"'})
    problem(stale, 412, "precondition_failed")
    gone = key.delete("/api-keys/current", headers={"If-Match": tag})
    assert (gone.status_code, gone.data) == (204, b"")
    problem(key.get("/api-keys/current"), 401, "api_key_revoked")
    problem(key.delete("/api-keys/current"), 401, "api_key_revoked")
    revoked = document(account.get(f"/api-keys/{key.key_id}"))
    assert revoked["revoked_by"] == {"type": "api_key", "id": key.key_id, "name": "A key"}


@on_sqlite
def test_looking_at_oneself_is_not_counted(account: Account) -> None:
    for _ in range(3):
        answer = account.get("/api-keys/current")
        assert answer.headers["X-RateLimit-Remaining"] == "1000"
    assert document(account.get("/usage"))["windows"][0]["used"] == 0
    problem(account.patch("/api-keys/current", json={"name": "Me"}), 405, "method_not_allowed")
    problem(account.post("/api-keys/current/rotate"), 404, "not_found")


def test_a_key_may_delete_itself_by_its_id(account: Account) -> None:
    key = account.with_key(scopes=["keys:write"])
    assert key.delete(f"/api-keys/{key.key_id}").status_code == 204
    problem(key.delete(f"/api-keys/{key.key_id}"), 401, "api_key_revoked")
