"""The secret: shown to whom it may be, rotated with an overlap that ends by itself."""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from anthyx_server import clock, db
from anthyx_server.sealing import keyring
from anthyx_server.webhooks import WebhookEndpoint
from anthyx_server.webhooks.endpoints import jobs
from anthyx_server.webhooks.secret import Opened, Secrets, open_endpoint
from server.tests.channels.test_credentials import everything
from server.tests.keys.answers import audit_of, document
from tests.support.apps import Account
from tests.support.problems import entries, problem

Make = Callable[..., dict[str, Any]]


def signing(app: Flask, endpoint_id: str) -> Secrets:
    """What the engine would sign with now."""
    return found(app, endpoint_id).secrets


def found(app: Flask, endpoint_id: str) -> Opened:
    with app.app_context():
        row = db.db.session.get_one(WebhookEndpoint, endpoint_id)
        opened = open_endpoint(keyring(), row)
        assert opened is not None
        return opened


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Puts the clock forward by so many seconds."""
    start = clock.now

    def put(seconds: int) -> None:
        monkeypatch.setattr(clock, "now", lambda: start() + timedelta(seconds=seconds))

    return put


def actions(account: Account, endpoint_id: str) -> list[str]:
    prefix = "webhook_endpoint."
    return [entry.action.removeprefix(prefix) for entry in audit_of(account.app, endpoint_id)]


def test_a_secret_is_random_and_as_the_specification_writes_it(make_endpoint: Make) -> None:
    secrets = {make_endpoint()["secret"] for _ in range(3)}
    assert len(secrets) == 3
    for secret in secrets:
        assert secret.startswith("whsec_")
        assert 24 <= len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) <= 64
        assert not secret.endswith("=")


def test_revealing_is_noted_with_who_and_where(account: Account, make_endpoint: Make) -> None:
    made = make_endpoint()
    path = f"/webhook-endpoints/{made['id']}/secret"
    answer = account.get(path, headers={"Idempotency-Key": "ignored", "X-Request-Id": "mine"})
    assert document(answer) == {
        "id": made["id"],
        "secret": made["secret"],
        "previous_secret": None,
        "secret_last4": made["secret"][-4:],
        "secret_activates_at": None,
    }
    assert answer.headers["Cache-Control"] == "no-store"
    assert "ETag" not in answer.headers
    again = account.get(path, headers={"Idempotency-Key": "ignored", "If-None-Match": "*"})
    assert "Idempotency-Replayed" not in again.headers
    assert document(again)["secret"] == made["secret"]
    entry = audit_of(account.app, made["id"])[1]
    assert entry.action == "webhook_endpoint.secret_revealed"
    assert (entry.actor["id"], entry.request_id) == (account.key_id, "mine")
    assert actions(account, made["id"]) == ["created", "secret_revealed", "secret_revealed"]


def test_who_may_not_see_it_leaves_no_entry(account: Account, make_endpoint: Make) -> None:
    made = make_endpoint()
    path = f"/webhook-endpoints/{made['id']}"
    reader = account.with_key(scopes=["webhooks:read", "webhooks:write"])
    for answer in (
        reader.get(path + "/secret"),
        reader.post(path + "/rotate-secret"),
        reader.post(path + "/activate-secret"),
    ):
        told = problem(answer, 403, "insufficient_scope")
        assert told["required_scopes"] == ["webhooks:secrets"]
    assert actions(account, made["id"]) == ["created"]
    keeper = account.with_key(scopes=["webhooks:secrets"])
    assert document(keeper.get(path + "/secret"))["secret"] == made["secret"]


def test_both_are_valid_until_the_overlap_ends_by_itself(
    account: Account, make_endpoint: Make, later: Callable[[int], None]
) -> None:
    made = make_endpoint(headers={"A": "b"})
    path = f"/webhook-endpoints/{made['id']}"
    before = clock.now()
    answer = account.post(path + "/rotate-secret", json={"overlap_seconds": 100})
    rotated = document(answer)
    new = rotated.pop("secret")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["ETag"] == '"2-rotating"'
    assert rotated == document(account.get(path))
    assert (rotated["secret_last4"], rotated["version"]) == (new[-4:], 2)
    activates_at = rotated["secret_activates_at"]
    assert clock.rfc3339(before + timedelta(seconds=100)) <= activates_at
    assert signing(account.app, made["id"]) == Secrets(made["secret"], new)
    shown = document(account.get(path + "/secret"))
    assert (shown["secret"], shown["previous_secret"]) == (new, made["secret"])
    assert shown["secret_activates_at"] == activates_at
    refused = account.post(path + "/rotate-secret", json={"overlap_seconds": 0})
    assert activates_at in problem(refused, 409, "rotation_in_progress")["detail"]

    later(101)
    assert signing(account.app, made["id"]) == Secrets(new), "before any job has run"
    ended = account.get(path)
    assert document(ended)["secret_activates_at"] is None
    assert (document(ended)["version"], ended.headers["ETag"]) == (2, '"2"')
    shown = document(account.get(path + "/secret"))
    assert (shown["secret"], shown["previous_secret"]) == (new, None)
    assert document(account.post(path + "/activate-secret"))["version"] == 2
    assert document(account.post(path + "/rotate-secret"))["version"] == 3
    assert signing(account.app, made["id"]).current == new
    assert found(account.app, made["id"]).headers == {"A": "b"}


def test_the_job_forgets_the_old_secret(
    account: Account, make_endpoint: Make, later: Callable[[int], None]
) -> None:
    one, other = make_endpoint(headers={"A": "b"}), make_endpoint()
    for made, seconds in ((one, 100), (other, 300)):
        path = f"/webhook-endpoints/{made['id']}/rotate-secret"
        made["new"] = document(account.post(path, json={"overlap_seconds": seconds}))["secret"]
    later(200)
    with account.app.app_context():
        jobs.end_rotations()
        row = db.db.session.get_one(WebhookEndpoint, one["id"])
        assert row.secret_activates_at is None
    assert signing(account.app, other["id"]) == Secrets(other["secret"], other["new"])
    later(0)
    assert signing(account.app, one["id"]) == Secrets(one["new"]), "whatever the clock says"
    assert found(account.app, one["id"]).headers == {"A": "b"}
    assert actions(account, one["id"]) == ["created", "secret_rotated"]


def test_activating_ends_the_overlap_at_once(account: Account, make_endpoint: Make) -> None:
    made = make_endpoint()
    path = f"/webhook-endpoints/{made['id']}"
    new = document(account.post(path + "/rotate-secret"))["secret"]
    lasting = timedelta(seconds=86_400)
    activates_at = document(account.get(path))["secret_activates_at"]
    assert activates_at > clock.rfc3339(clock.now() + lasting - timedelta(seconds=60))
    activated = document(account.post(path + "/activate-secret"))
    assert (activated["secret_activates_at"], activated["version"]) == (None, 3)
    assert "secret" not in activated
    assert signing(account.app, made["id"]) == Secrets(new)
    assert document(account.post(path + "/activate-secret")) == activated
    expected = ["created", "secret_rotated", "secret_activated"]
    assert actions(account, made["id"]) == expected
    assert audit_of(account.app, made["id"])[1].detail["overlap_seconds"] == 86_400


def test_whatever_changes_an_endpoint_knows_the_tag_of_a_rotation(
    account: Account, make_endpoint: Make
) -> None:
    path = f"/webhook-endpoints/{make_endpoint()['id']}"
    tag = account.post(path + "/rotate-secret").headers["ETag"]
    off = account.post(path + "/disable", headers={"If-Match": tag})
    assert off.headers["ETag"] == '"3-rotating"'
    body = {"backlog": "none"}
    stale = account.post(path + "/enable", json=body, headers={"If-Match": '"3"'})
    problem(stale, 412, "precondition_failed")
    on = account.post(path + "/enable", json=body, headers={"If-Match": '"3-rotating"'})
    assert on.status_code == 202
    deleted = account.delete(path, headers={"If-Match": account.get(path).headers["ETag"]})
    assert deleted.status_code == 204


def test_without_overlap_the_old_one_is_gone(account: Account, make_endpoint: Make) -> None:
    made = make_endpoint()
    path = f"/webhook-endpoints/{made['id']}/rotate-secret"
    for values in (-1, 604_801, 1.5, "0", None):
        answer = account.post(path, json={"overlap_seconds": values})
        assert {place for place, _ in entries(answer)} == {"/overlap_seconds"}
    rotated = document(account.post(path, json={"overlap_seconds": 0}))
    assert rotated["secret_activates_at"] is None
    assert signing(account.app, made["id"]) == Secrets(rotated["secret"])
    assert document(account.post(path, json={"overlap_seconds": 604_800}))["version"] == 3


def test_a_lost_answer_can_be_fetched_again(account: Account, make_endpoint: Make) -> None:
    made = make_endpoint()
    path = f"/webhook-endpoints/{made['id']}/rotate-secret"
    once = {"Idempotency-Key": "once"}
    first = document(account.post(path, headers=once))
    again = account.post(path, headers=once)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert document(again) == first
    other = account.with_key().post(path, headers=once)
    assert problem(other, 409, "idempotency_caller_mismatch")["resource_id"] == made["id"]


def test_secrets_are_nowhere_in_the_clear(
    account: Account, make_endpoint: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    once = {"Idempotency-Key": "once"}
    body = {"url": "http://127.0.0.1:9099/", "event_types": ["*"]}
    made = document(account.post("/webhook-endpoints", json=body, headers=once), 201)
    path = f"/webhook-endpoints/{made['id']}"
    rotated = document(account.post(path + "/rotate-secret", headers={"Idempotency-Key": "twice"}))
    account.get(path + "/secret")
    answers = [account.get(each) for each in (path, "/webhook-endpoints", "/audit-log", "/events")]
    texts = [answer.get_data(as_text=True) for answer in answers]
    with account.app.app_context():
        row = db.db.session.get_one(WebhookEndpoint, made["id"])
        texts.append(repr(row) + repr(open_endpoint(keyring(), row)))
    for text in (*texts, everything(account.app), caplog.text):
        assert made["secret"] not in text
        assert rotated["secret"] not in text


@pytest.mark.parametrize("column", ["id", "workspace_id", "mode"])
def test_they_are_bound_to_their_endpoint(
    account: Account, make_endpoint: Make, column: str
) -> None:
    made = make_endpoint(headers={"A": "b"})
    with account.app.app_context(), db.db.session.no_autoflush:
        row = db.db.session.get_one(WebhookEndpoint, made["id"])
        row.sealed_secrets, row.sealed_headers = row.sealed_headers, row.sealed_secrets
        assert open_endpoint(keyring(), row) is None
        row.sealed_secrets, row.sealed_headers = row.sealed_headers, row.sealed_secrets
        assert open_endpoint(keyring(), row) is not None
        setattr(row, column, "test" if column == "mode" else "we_other")
        assert open_endpoint(keyring(), row) is None
        db.db.session.rollback()
