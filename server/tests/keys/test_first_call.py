"""Waiting for a new key's first call, and what the gate says of it meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from anthyx_server import db
from anthyx_server.keys import ApiKey, first_call
from anthyx_server.keys.first_call import FirstCall, await_first_call
from anthyx_server.limits import jobs
from tests.support.apps import Account, make_account
from tests.support.redis import RedisServer
from tests.support.visiting import make_team, rows


def wait_for(account: Account) -> None:
    with account.app.app_context(), db.transaction():
        await_first_call(_key(account))


def look(account: Account) -> FirstCall:
    with account.app.app_context():
        return first_call.look(_key(account))


def _key(account: Account) -> ApiKey:
    key = db.db.session.get(ApiKey, account.key_id)
    assert key is not None
    return key


@pytest.fixture
def bound(account: Account) -> Account:
    """A key that may be used from one address, and is waited for."""
    made = account.with_key(ip_allowlist=["192.0.2.1"])
    wait_for(made)
    return made


def call(account: Account, address: str) -> int:
    origin = {"REMOTE_ADDR": address}
    return account.get("/api-keys/current", environ_overrides=origin).status_code


def test_nothing_then_a_refusal_then_a_call(bound: Account) -> None:
    assert look(bound) == FirstCall("waiting")
    assert call(bound, "198.51.100.7") == 403
    assert look(bound) == FirstCall("refused", address="198.51.100.7")
    assert call(bound, "2001:db8::7") == 403
    assert look(bound) == FirstCall("refused", address="2001:db8::7")
    assert call(bound, "192.0.2.1") == 200
    assert (look(bound).state, look(bound).address) == ("called", "192.0.2.1")
    assert call(bound, "198.51.100.7") == 403
    assert look(bound).state == "called"


def test_it_stays_known_once_the_worker_has_stored_it(bound: Account) -> None:
    assert call(bound, "192.0.2.1") == 200
    before = look(bound)
    with bound.app.app_context():
        jobs.store_usage()
    after = look(bound)
    assert (before.state, before.address) == (after.state, after.address)
    assert before.at is not None
    assert after.at is not None
    assert abs(after.at - before.at) < timedelta(milliseconds=1)


def test_refusals_are_noted_only_where_somebody_waits(
    account: Account, redis_server: RedisServer
) -> None:
    key = account.with_key(ip_allowlist=["192.0.2.1"])
    assert call(key, "198.51.100.7") == 403
    with redis_server.client() as client:
        assert client.keys("anthyx:awaited:*") == []
    assert look(key) == FirstCall("over")


def test_the_wait_ends_by_itself_and_refusals_do_not_prolong_it(
    bound: Account, redis_server: RedisServer
) -> None:
    name = f"anthyx:awaited:{bound.key_id}"
    with redis_server.client() as client:
        assert 890 < client.ttl(name) <= 900
        client.expire(name, 100)
        assert call(bound, "198.51.100.7") == 403
        assert 90 < client.ttl(name) <= 100
        client.delete(name)
    assert look(bound) == FirstCall("over")


def test_without_redis_one_waits_on(bound: Account, redis_server: RedisServer) -> None:
    redis_server.stop()
    assert look(bound) == FirstCall("waiting")
    wait_for(bound)


def test_an_unknown_address_can_not_be_added(bound: Account) -> None:
    with bound.app.app_context():
        link = bound.app.extensions["anthyx_redis"]
        link.call("SET", f"anthyx:awaited:{bound.key_id}", "ip ", "XX", "KEEPTTL")
    assert look(bound) == FirstCall("refused", address=None)


def test_the_page_asks_on_until_something_came(app: Flask) -> None:
    team = make_team(app)
    account = Account(app, team.workspace_id, "", "")
    key = account.with_key(ip_allowlist=["192.0.2.1"])
    browser = team.browser()
    path = f"/settings/integrations/api-keys/{key.key_id}"
    over = browser.get(f"{path}/first-call").text
    assert ("No call yet" in over, "hx-get" in over) == (True, False)
    wait_for(key)
    waiting = browser.get(f"{path}/first-call").text
    assert ("Waiting" in waiting, "every 2s" in waiting) == (True, True)
    assert browser.get(f"{path}/first-call?seen=waiting").status_code == 204
    assert call(key, "198.51.100.7") == 403
    assert "Add this address" in browser.get(f"{path}/first-call?seen=waiting").text
    tag = f'"{rows(app, "api_keys")[0]["version"]}-active"'
    fields = {"tag": tag, "address": "198.51.100.7", "form_token": browser.token()}
    wrong = browser.send(f"{path}/allowlist", **fields | {"address": "everywhere"})
    assert wrong.status_code == 422
    answer = browser.send(f"{path}/allowlist", **fields)
    assert (answer.status_code, answer.location) == (303, path)
    assert browser.send(f"{path}/allowlist", **fields).status_code == 412
    assert call(key, "198.51.100.7") == 200
    called = browser.get(f"{path}/first-call").text
    assert ("It works." in called, "hx-get" in called) == (True, False)


def test_accounts_of_others_wait_for_nothing(app: Flask, bound: Account) -> None:
    assert call(make_account(app), "198.51.100.7") == 200
    assert look(bound) == FirstCall("waiting")
