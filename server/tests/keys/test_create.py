"""`POST /v1/api-keys`: defaults, restrictions, and what the caller must hold itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from anthyx_server import clock
from anthyx_server.keys import DEFAULT_SCOPES, SCOPES
from anthyx_server.keys.secret import is_well_formed
from server.tests.keys.answers import document, pointers, problem
from server.tests.keys.passing import use_until
from tests.support.apps import Account

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NOT_BY_DEFAULT = {"keys:read", "keys:write", "webhooks:secrets", "audit:read"}


def create(account: Account, **body: Any) -> dict[str, Any]:
    return document(account.post("/api-keys", json={"name": "Zapier", **body}), 201)


def make_brand(account: Account, name: str = "Acme") -> str:
    brand_id = document(account.post("/brands", json={"name": name}), 201)["id"]
    assert isinstance(brand_id, str)
    return brand_id


def test_a_key_is_created_with_defaults(account: Account) -> None:
    answer = account.post("/api-keys", json={"name": "  Zapier integration "})
    made = document(answer, 201)
    token = made.pop("secret")
    assert is_well_formed(token)
    assert token.startswith("anthyx_live_")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Location"] == f"/v1/api-keys/{made['id']}"
    maker = {"type": "api_key", "id": account.key_id, "name": "A key"}
    created_at = made["created_at"]
    assert made == {
        "id": made["id"],
        "family_id": made["id"],
        "name": "Zapier integration",
        "description": "",
        "prefix": "anthyx_live_",
        "last4": token[-4:],
        "mode": "live",
        "scopes": [scope for scope in SCOPES if scope not in NOT_BY_DEFAULT],
        "brand_ids": None,
        "ip_allowlist": None,
        "metadata": {},
        "version": 1,
        "created_at": created_at,
        "created_by": maker,
        "updated_at": created_at,
        "expires_at": None,
        "last_used_at": None,
        "last_used_ip": None,
        "rotated_from": None,
        "superseded_by": None,
        "revoked_at": None,
        "revoked_by": None,
        "revoked_reason": None,
        "status": "active",
    }
    again = account.get(f"/api-keys/{made['id']}")
    assert document(again) == made
    assert again.headers["ETag"] == answer.headers["ETag"]
    used = account.get("/api-keys/current", token=token)
    assert document(used)["id"] == made["id"]


def test_a_key_is_created_with_everything_chosen(account: Account) -> None:
    brand_id = make_brand(account)
    expires_at = clock.rfc3339(clock.now() + timedelta(days=30))
    chosen = {
        "description": "Syncs brands",
        "brand_ids": [brand_id],
        "metadata": {"team": "web"},
        "expires_at": expires_at,
        "mode": "live",
    }
    made = create(
        account,
        **chosen,
        scopes=["brands:write", "brands:read", "brands:write"],
        ip_allowlist=["127.0.0.1", "::ffff:192.0.2.0/120", "2001:DB8::/32"],
    )
    assert made | chosen == made
    assert made["scopes"] == ["brands:read", "brands:write"]
    assert made["ip_allowlist"] == ["127.0.0.1/32", "192.0.2.0/24", "2001:db8::/32"]
    token = made["secret"]
    page = document(account.get("/brands", token=token))
    assert [brand["id"] for brand in page["data"]] == [brand_id]
    other = make_brand(account, "Other")
    problem(account.get(f"/brands/{other}", token=token), 404, "not_found")
    refused = account.post("/brands", token=token, json={"name": "Third"})
    problem(refused, 403, "insufficient_scope")


def test_an_address_off_the_allowlist_is_refused_and_consumes_nothing(account: Account) -> None:
    made = create(account, ip_allowlist=["192.0.2.0/24", "2001:db8::/64"])
    for address, status in [
        ("192.0.2.255", 200),
        ("::ffff:192.0.2.0", 200),
        ("2001:db8::ffff", 200),
        ("192.0.3.0", 403),
        ("2001:db8:0:1::", 403),
    ]:
        answer = account.get(
            "/workspace", token=made["secret"], environ_overrides={"REMOTE_ADDR": address}
        )
        assert answer.status_code == status, address
        assert ("X-RateLimit-Limit" in answer.headers) == (status == 200)
        if status == 403:
            problem(answer, 403, "ip_not_allowed")
    usage = account.get(
        "/usage", token=made["secret"], environ_overrides={"REMOTE_ADDR": "192.0.2.1"}
    )
    assert document(usage)["windows"][0]["used"] == 3


def test_a_key_works_until_it_expires(account: Account) -> None:
    expires_at = clock.now() + timedelta(milliseconds=500)
    made = create(account, expires_at=clock.rfc3339(expires_at))
    assert made["status"] == "expiring"
    answer = use_until(replace(account, token=made["secret"]), expires_at)
    problem(answer, 401, "api_key_expired")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert document(account.get(f"/api-keys/{made['id']}"))["status"] == "expired"


@on_sqlite
@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": None}, "/name"),
        ({"name": "x" * 101}, "/name"),
        ({"name": 1}, "/name"),
        ({"description": "x" * 501}, "/description"),
        ({"scopes": []}, "/scopes"),
        ({"scopes": None}, "/scopes"),
        ({"scopes": ["brands"]}, "/scopes/0"),
        ({"scopes": "brands:read"}, "/scopes"),
        ({"mode": "dead"}, "/mode"),
        ({"mode": "test"}, "/mode"),
        ({"brand_ids": []}, "/brand_ids"),
        ({"brand_ids": ["brand_1"]}, "/brand_ids/0"),
        ({"brand_ids": ["brand_" + "0" * 26]}, "/brand_ids/0"),
        ({"ip_allowlist": []}, "/ip_allowlist"),
        ({"ip_allowlist": ["192.0.2.1/24"]}, "/ip_allowlist/0"),
        ({"ip_allowlist": ["127.0.0.1", "fe80::1%eth0"]}, "/ip_allowlist/1"),
        ({"ip_allowlist": ["127.0.0.1"] * 101}, "/ip_allowlist"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
        ({"expires_at": "2030-01-01T00:00:00"}, "/expires_at"),
        ({"expires_at": 1}, "/expires_at"),
        ({"metadata": {"a": 1}}, "/metadata/a"),
        ({"metadata": {str(number): "" for number in range(21)}}, "/metadata"),
        ({"metadata": None}, "/metadata"),
        ({"secret": "anthyx_live_mine"}, "/secret"),
        ({"id": "key_mine"}, "/id"),
    ],
)
def test_a_wrong_field_is_named(account: Account, body: dict[str, Any], pointer: str) -> None:
    found = pointers(account.post("/api-keys", json={"name": "A key", **body}))
    assert found == {pointer}


@on_sqlite
def test_every_problem_is_told_at_once(account: Account) -> None:
    body = {"scopes": ["no"], "ip_allowlist": ["no"], "unknown": 1, "expires_at": "no"}
    assert pointers(account.post("/api-keys", json=body)) == {
        "/name",
        "/scopes/0",
        "/ip_allowlist/0",
        "/unknown",
        "/expires_at",
    }


@on_sqlite
@pytest.mark.parametrize("scope", ["keys:read", "keys:write"])
def test_a_key_of_some_brands_cannot_manage_keys(account: Account, scope: str) -> None:
    body = {"name": "A key", "brand_ids": [make_brand(account)], "scopes": [scope, "brands:read"]}
    assert pointers(account.post("/api-keys", json=body)) == {"/scopes"}


@on_sqlite
def test_a_key_cannot_be_restricted_to_brands_of_others(
    account: Account, other_account: Account
) -> None:
    mine, theirs = make_brand(account), make_brand(other_account)
    test_brand = make_brand(account.with_key(mode="test"))
    body = {"name": "A key", "brand_ids": [mine, theirs, test_brand]}
    assert pointers(account.post("/api-keys", json=body)) == {"/brand_ids/1", "/brand_ids/2"}


@on_sqlite
def test_the_caller_needs_every_scope_of_the_new_key(account: Account) -> None:
    caller = account.with_key(scopes=["keys:write", "brands:read"])
    refused = caller.post("/api-keys", json={"name": "A", "scopes": ["brands:read", "audit:read"]})
    told = problem(refused, 403, "insufficient_scope")
    assert told["required_scopes"] == ["audit:read", "brands:read", "keys:write"]
    assert "X-RateLimit-Limit" in refused.headers
    by_default = problem(caller.post("/api-keys", json={"name": "A"}), 403, "insufficient_scope")
    assert by_default["required_scopes"] == sorted([*DEFAULT_SCOPES, "keys:write"])
    allowed = caller.post("/api-keys", json={"name": "A", "scopes": ["brands:read"]})
    assert document(allowed, 201)["scopes"] == ["brands:read"]


@on_sqlite
def test_without_keys_write_no_key_is_made(account: Account) -> None:
    caller = account.with_key(scopes=[scope for scope in SCOPES if scope != "keys:write"])
    told = problem(caller.post("/api-keys", json={"name": "A"}), 403, "insufficient_scope")
    assert told["required_scopes"] == ["keys:write"]


@on_sqlite
def test_each_mode_sees_and_makes_its_own_keys_only(account: Account) -> None:
    test = account.with_key(mode="test")
    assert pointers(test.post("/api-keys", json={"name": "A", "mode": "live"})) == {"/mode"}
    made = create(test)
    assert made["mode"] == "test"
    assert made["secret"].startswith("anthyx_test_")
    path = f"/api-keys/{made['id']}"
    problem(account.get(path), 404, "not_found")
    problem(account.patch(path, json={}), 404, "not_found")
    problem(account.delete(path), 404, "not_found")
    problem(account.post(f"{path}/rotate"), 404, "not_found")
    listed = document(account.get("/api-keys"))["data"]
    assert [key["id"] for key in listed] == [account.key_id]
