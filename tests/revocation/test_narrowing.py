"""Rights that are taken from a key in part: what it had when it was let in no longer counts."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from anthyx_server import clock, db
from anthyx_server.keys import ApiKey
from server.tests.keys.answers import document, problem
from server.tests.keys.passing import set_end
from tests.revocation.holding import SECONDS, Hold
from tests.support.apps import Account

POWERS = ["brands:read", "brands:write", "keys:read", "keys:write"]


@pytest.fixture
def key(account: Account) -> Account:
    """A key that manages keys."""
    return account.with_key(scopes=POWERS)


def narrow(account: Account, key: Account, *scopes: str) -> None:
    answer = account.patch(f"/api-keys/{key.key_id}", json={"scopes": list(scopes)})
    assert answer.status_code == 200


def scopes_of(account: Account, key_id: str) -> list[str]:
    found = document(account.get(f"/api-keys/{key_id}"))["scopes"]
    assert isinstance(found, list)
    return found


def count_keys(account: Account) -> int:
    with account.app.app_context():
        return db.db.session.scalar(sa.select(sa.func.count()).select_from(ApiKey)) or 0


def test_a_key_cannot_be_made_with_scopes_that_its_maker_lost(
    account: Account, key: Account, hold: Hold
) -> None:
    before = count_keys(account)
    body = {"name": "More", "scopes": ["brands:write"]}
    held = hold.send(key, "POST", "/api-keys", json=body)
    narrow(account, key, "keys:write")
    hold.release()
    told = problem(held.result(SECONDS), 403, "insufficient_scope")
    assert told["required_scopes"] == ["brands:write", "keys:write"]
    assert count_keys(account) == before


def test_a_key_cannot_give_itself_back_what_it_lost(
    account: Account, key: Account, hold: Hold
) -> None:
    held = hold.send(key, "PATCH", f"/api-keys/{key.key_id}", json={"scopes": POWERS})
    narrow(account, key, "keys:write")
    hold.release()
    problem(held.result(SECONDS), 403, "insufficient_scope")
    assert scopes_of(account, key.key_id) == ["keys:write"]


@pytest.mark.parametrize(("method", "path"), [("PATCH", ""), ("POST", "/rotate")])
def test_a_key_of_more_rights_is_out_of_reach_at_once(
    account: Account, key: Account, hold: Hold, method: str, path: str
) -> None:
    target = account.with_key(scopes=["brands:write"])
    before = count_keys(account)
    held = hold.send(key, method, f"/api-keys/{target.key_id}{path}", json={})
    narrow(account, key, "keys:write")
    hold.release()
    problem(held.result(SECONDS), 403, "insufficient_scope")
    assert count_keys(account) == before


def test_a_slow_read_is_judged_by_everything_that_it_needed(
    account: Account, key: Account, hold: Hold
) -> None:
    held = hold.send(key, "GET", f"/usage/history?granularity=hour&key_id={account.key_id}")
    narrow(account, key, "brands:read")
    hold.release()
    told = problem(held.result(SECONDS), 403, "insufficient_scope")
    assert told["required_scopes"] == ["keys:read"]


def test_what_is_still_allowed_goes_on(account: Account, key: Account, hold: Hold) -> None:
    write = hold.send(key, "POST", "/brands", json={"name": "Acme"})
    read = hold.send(key, "GET", "/brands")
    narrow(account, key, "brands:read", "brands:write")
    body = {"ip_allowlist": ["127.0.0.1"]}
    assert account.patch(f"/api-keys/{key.key_id}", json=body).status_code == 200
    hold.release()
    assert write.result(SECONDS).status_code == 201
    assert read.result(SECONDS).status_code == 200


def test_a_key_that_expires_meanwhile_is_refused(account: Account, hold: Hold) -> None:
    key = account.with_key(scopes=POWERS, expires_at=clock.now() + timedelta(hours=1))
    write = hold.send(key, "POST", "/brands", json={"name": "Acme"})
    set_end(account, key.key_id, timedelta(0))
    hold.release()
    problem(write.result(SECONDS), 401, "api_key_expired")
    assert document(account.get("/brands"))["data"] == []
