"""An answer with a secret that got lost: whoever asked may fetch it again, for 15 minutes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from anthyx_server import db, idempotency
from anthyx_server.idempotency import IdempotencyRecord
from server.tests.keys.answers import document, problem
from server.tests.keys.passing import Calendar
from tests.support.apps import Account

ONCE = {"Idempotency-Key": "rotate-2026-11"}


@pytest.fixture(autouse=True)
def _settled_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replay rotations without the wait for a revocation, which these tests don't make."""
    monkeypatch.setattr(idempotency, "SETTLED_AFTER", timedelta(0))


def rotate_itself(key: Account, **headers: str) -> TestResponse:
    return key.post(f"/api-keys/{key.key_id}/rotate", headers=ONCE | headers)


def record(app: Flask) -> IdempotencyRecord | None:
    with app.app_context():
        return db.db.session.scalar(select(IdempotencyRecord))


def forget(app: Flask) -> None:
    with app.app_context():
        idempotency.forget_old_records()


def test_the_key_that_rotated_itself_can_fetch_the_answer_again(account: Account) -> None:
    key = account.with_key()
    first, second = rotate_itself(key), rotate_itself(key)
    assert document(first, 201) == document(second, 201)
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    for name in ("ETag", "Location", "Cache-Control"):
        assert second.headers[name] == first.headers[name]
    assert second.headers["Cache-Control"] == "no-store"
    token = document(second, 201)["secret"]
    assert account.get("/workspace", token=token).status_code == 200
    assert len(document(account.get("/api-keys"))["data"]) == 3


def test_nobody_else_can_fetch_it(account: Account, other_account: Account) -> None:
    key = account.with_key()
    made = document(rotate_itself(key), 201)
    path = f"/api-keys/{key.key_id}/rotate"
    successor = replace(key, token=made["secret"])
    for other in (account, successor, account.with_key()):
        refused = other.post(path, headers=ONCE)
        told = problem(refused, 409, "idempotency_caller_mismatch")
        assert told["resource_id"] == made["id"]
        assert made["id"] in told["detail"]
        assert made["secret"] not in refused.get_data(as_text=True)
    for stranger in (other_account, account.with_key(mode="test")):
        problem(stranger.post(path, headers=ONCE), 404, "not_found")


def test_who_asks_is_judged_before_the_record_is_looked_at(account: Account) -> None:
    key = account.with_key(scopes=["keys:write", "brands:read"])
    rotate_itself(key)
    assert account.patch(f"/api-keys/{key.key_id}", json={"scopes": ["brands:read"]}).json
    problem(rotate_itself(key), 403, "insufficient_scope")
    assert account.delete(f"/api-keys/{key.key_id}").status_code == 204
    problem(rotate_itself(key), 401, "api_key_revoked")


def test_another_request_with_the_same_idempotency_key_is_refused(account: Account) -> None:
    key = account.with_key()
    rotate_itself(key)
    path = f"/api-keys/{key.key_id}/rotate"
    other_body = key.post(path, headers=ONCE, json={"overlap_seconds": 60})
    problem(other_body, 422, "idempotency_key_reused")
    problem(key.post("/api-keys", headers=ONCE, json={"name": "A"}), 422, "idempotency_key_reused")
    problem(key.post(path, headers={"Idempotency-Key": "two"}), 409, "rotation_in_progress")


@pytest.mark.parametrize("was_erased", [False, True])
def test_after_fifteen_minutes_the_secret_is_gone(
    account: Account, calendar: Calendar, *, was_erased: bool
) -> None:
    key = account.with_key()
    made = document(rotate_itself(key), 201)
    calendar.now += timedelta(minutes=14, seconds=59)
    forget(account.app)
    assert document(rotate_itself(key), 201) == made
    calendar.now += timedelta(seconds=1)
    if was_erased:
        forget(account.app)
    kept = record(account.app)
    assert kept is not None
    assert (kept.sealed_secret is None) is was_erased
    told = problem(rotate_itself(key), 409, "idempotency_secret_expired")
    assert told["resource_id"] == made["id"]
    assert made["id"] in told["detail"]


def test_a_record_is_kept_for_a_day(account: Account, calendar: Calendar) -> None:
    body, headers = {"name": "Zapier"}, {"Idempotency-Key": "create"}

    def create() -> TestResponse:
        return account.post("/api-keys", json=body, headers=headers)

    made = document(create(), 201)
    calendar.now += timedelta(hours=23, minutes=59)
    forget(account.app)
    problem(create(), 409, "idempotency_secret_expired")
    calendar.now += timedelta(minutes=1)
    again = create()
    assert "Idempotency-Replayed" not in again.headers
    assert document(again, 201)["id"] != made["id"]
    calendar.now += timedelta(hours=24)
    forget(account.app)
    assert record(account.app) is None


def test_what_is_stored_opens_with_the_callers_token_alone(account: Account) -> None:
    key = account.with_key()
    made = document(rotate_itself(key), 201)
    kept = record(account.app)
    assert kept is not None
    columns = IdempotencyRecord.__table__.columns
    text = " ".join(str(getattr(kept, column.key)) for column in columns)
    for secret in (made["secret"], made["secret"][12:], key.token, ONCE["Idempotency-Key"]):
        assert secret not in text
    with account.app.app_context(), db.transaction():
        # Not even the caller's id in the row decides: another token can't open it.
        found = db.db.session.scalar(select(IdempotencyRecord))
        assert found is not None
        found.caller_key_id = account.key_id
    refused = account.post(f"/api-keys/{key.key_id}/rotate", headers=ONCE)
    problem(refused, 409, "idempotency_secret_expired")
