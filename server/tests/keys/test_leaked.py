"""`POST /v1/leaked-keys`: whoever holds a token may revoke it; nobody learns which were real."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from anthyx_server.keys import secret
from server.tests.keys.answers import audit_of, document, events_of, pointers, problem
from tests.support.apps import Account
from tests.support.redis import RedisServer

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
URL = "https://github.com/acme/site/blob/main/.env"


def report(app: Flask, *tokens: str, address: str = "192.0.2.1", **body: Any) -> TestResponse:
    return app.test_client().post(
        "/v1/leaked-keys",
        json={"tokens": list(tokens), **body},
        environ_overrides={"REMOTE_ADDR": address},
    )


def test_a_reported_key_is_revoked_and_its_workspace_is_told(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    key = account.with_key(name="Zapier")
    assert key.get("/workspace").status_code == 200
    answer = report(account.app, key.token, url=URL, source="a scanner")
    assert document(answer, 202) == {"received": 1}
    problem(key.get("/workspace"), 401, "api_key_revoked")
    shown = document(account.get(f"/api-keys/{key.key_id}"))
    assert (shown["status"], shown["revoked_reason"]) == ("revoked", "leaked")
    assert shown["revoked_by"]["type"] == "system"
    found = {"url": URL, "source": "a scanner"}
    told = {event["type"]: event for event in events_of(account.app, key.key_id)}
    assert set(told) == {"api_key.created", "api_key.revoked", "api_key.leaked"}
    assert told["api_key.revoked"]["data"]["object"] == shown
    assert told["api_key.leaked"]["data"]["object"] == shown | {"found": found}
    entries = {entry.action: entry for entry in audit_of(account.app, key.key_id)}
    assert entries["api_key.leaked"].detail == found
    assert entries["api_key.leaked"].address == "192.0.2.1"
    assert entries["api_key.revoked"].detail["reason"] == "leaked"
    for secret_text in (key.token, URL, "a scanner"):
        assert secret_text not in caplog.text


def test_unknown_and_revoked_tokens_get_the_same_answer_and_leave_nothing(
    account: Account,
) -> None:
    key = account.with_key()
    assert account.delete(f"/api-keys/{key.key_id}").status_code == 204
    before = len(events_of(account.app))
    tokens = (key.token, secret.mint("live"), secret.mint("test"), "nonsense", "😀", key.token)
    answer = report(account.app, *tokens)
    assert document(answer, 202) == {"received": 5}
    assert len(events_of(account.app)) == before
    assert document(account.get(f"/api-keys/{key.key_id}"))["revoked_reason"] == "deleted"


def test_many_tokens_of_many_workspaces_settle_once(
    account: Account, other_account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("anthyx_server.keys.standing.time.sleep", waits.append)
    keys = [account.with_key(), account.with_key(mode="test"), other_account.with_key()]
    answer = report(account.app, *(key.token for key in keys), url=None)
    assert document(answer, 202) == {"received": 3}
    assert waits == [0.3]
    for key in keys:
        problem(key.get("/workspace"), 401, "api_key_revoked")
        types = [event["type"] for event in events_of(account.app, key.key_id)]
        assert sorted(types) == ["api_key.created", "api_key.leaked", "api_key.revoked"]
    modes = {event["mode"] for event in events_of(account.app, keys[1].key_id)}
    assert modes == {"test"}


def test_both_keys_of_a_rotation_can_be_reported(account: Account) -> None:
    key = account.with_key()
    successor = document(account.post(f"/api-keys/{key.key_id}/rotate"), 201)
    assert report(account.app, key.token).status_code == 202
    problem(key.get("/workspace"), 401, "api_key_revoked")
    assert account.get("/workspace", token=successor["secret"]).status_code == 200


@on_sqlite
@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/tokens"),
        ({"tokens": []}, "/tokens"),
        ({"tokens": ["x"] * 101}, "/tokens"),
        ({"tokens": "anthyx_live_0"}, "/tokens"),
        ({"tokens": [1]}, "/tokens/0"),
        ({"tokens": ["x"], "url": 1}, "/url"),
        ({"tokens": ["x"], "token": "x"}, "/token"),
    ],
)
def test_a_body_of_another_shape_is_refused(
    account: Account, body: dict[str, Any], pointer: str
) -> None:
    assert pointers(account.app.test_client().post("/v1/leaked-keys", json=body)) == {pointer}


@on_sqlite
@pytest.mark.parametrize("is_redis_up", [True, False])
def test_reports_are_limited_per_address(
    account: Account, redis_server: RedisServer, *, is_redis_up: bool
) -> None:
    if not is_redis_up:
        redis_server.stop()
    statuses = [report(account.app, "nonsense").status_code for _ in range(11)]
    assert statuses == [202] * 10 + [429]
    refused = report(account.app, account.token)
    problem(refused, 429, "rate_limit_exceeded")
    assert 1 <= int(refused.headers["Retry-After"]) <= 61
    assert account.get("/workspace").status_code == 200
    assert report(account.app, "nonsense", address="192.0.2.2").status_code == 202


@on_sqlite
def test_neighbors_in_an_ipv6_network_share_the_limit(account: Account) -> None:
    for number in range(10):
        assert report(account.app, "x", address=f"2001:db8::{number:x}").status_code == 202
    assert report(account.app, "x", address="2001:db8::abcd:0:0:1").status_code == 429
    assert report(account.app, "x", address="2001:db8:0:1::1").status_code == 202


@on_sqlite
def test_a_failing_report_is_logged_without_its_tokens(
    account: Account, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr("anthyx_server.keys.leaked.audit.record", fail)
    answer = report(account.app, account.token, url=URL)
    problem(answer, 500, "internal_error")
    assert "out of order" in caplog.text
    for secret_text in (account.token, account.token[12:], URL):
        assert secret_text not in caplog.text + answer.get_data(as_text=True)
    assert account.get("/workspace").status_code == 200
