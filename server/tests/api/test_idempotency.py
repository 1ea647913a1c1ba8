"""Idempotency keys: one change, one answer, however often it is asked for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from anthyx_server import clock, db, idempotency
from tests.support.apps import Account
from tests.support.problems import problem

KEY = {"Idempotency-Key": "order-4711,first!"}


def make(account: Account, name: str = "Acme", key: dict[str, str] = KEY) -> TestResponse:
    return account.post("/brands", json={"name": name}, headers=key)


def names(account: Account) -> list[str]:
    page = account.get("/brands?sort=name").json
    assert page is not None
    return [brand["name"] for brand in page["data"]]


def is_replayed(answer: TestResponse) -> bool:
    return answer.headers.get("Idempotency-Replayed") == "true"


def records(account: Account) -> int:
    with account.app.app_context():
        counted = sa.select(sa.func.count()).select_from(idempotency.IdempotencyRecord)
        return db.db.session.scalar(counted) or 0


def later(monkeypatch: pytest.MonkeyPatch, **by: float) -> None:
    """Let this much time have passed."""
    now = clock.now
    monkeypatch.setattr(clock, "now", lambda: now() + timedelta(**by))


def test_a_repeated_request_gets_the_stored_answer(account: Account) -> None:
    first, second = make(account), make(account)
    assert (first.status_code, is_replayed(first)) == (201, False)
    assert (second.status_code, is_replayed(second)) == (201, True)
    assert first.get_data() == second.get_data()
    for name in ("ETag", "Location", "Content-Type", "Cache-Control"):
        assert first.headers[name] == second.headers[name]
    assert first.headers["X-Request-Id"] != second.headers["X-Request-Id"]
    assert names(account) == ["Acme"]


def test_every_kind_of_change_can_be_repeated(account: Account) -> None:
    brand = make(account).json
    assert brand is not None
    path = f"/brands/{brand['id']}"
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("PATCH", path, {"json": {"description": "New"}}),
        ("POST", f"{path}/archive", {}),
        ("POST", f"{path}/unarchive", {}),
        ("DELETE", path, {}),
    ]
    for number, (method, target, options) in enumerate(calls):
        headers = {"Idempotency-Key": f"change-{number}", "If-Match": f'"{number + 1}"'}
        first = account.request(method, target, headers=headers, **options)
        again = account.request(method, target, headers=headers, **options)
        assert 200 <= first.status_code == again.status_code < 300
        assert is_replayed(again)
        assert first.get_data() == again.get_data()
        assert first.headers.get("Content-Type") == again.headers.get("Content-Type")
    assert records(account) == 5


def test_another_request_with_the_key_is_422(account: Account) -> None:
    brand = make(account).json
    assert brand is not None
    for method, path, options in (
        ("POST", "/brands", {"json": {"name": "Other"}}),
        ("POST", "/brands", {"data": b'{ "name":"Acme"}', "content_type": "application/json"}),
        ("POST", "/api-keys", {"json": {"name": "Acme"}}),
        ("PATCH", f"/brands/{brand['id']}", {"json": {"name": "Acme"}}),
        ("DELETE", f"/brands/{brand['id']}", {}),
        ("POST", "/brands?a=1", {"json": {"name": "Acme"}}),
    ):
        answer = account.request(method, path, headers=KEY, **options)
        problem(answer, 422, "idempotency_key_reused")
    assert names(account) == ["Acme"]


def test_a_key_is_the_workspaces_and_the_modes(account: Account, other_account: Account) -> None:
    in_test_mode = account.with_key(mode="test")
    answers = [make(each) for each in (account, other_account, in_test_mode)]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert not any(map(is_replayed, answers))
    other_key = make(account.with_key())
    assert is_replayed(other_key), "all keys of a workspace share what was done"


def test_a_key_of_some_brands_is_not_told_of_others(account: Account) -> None:
    mine, other = make(account).json, make(account, "Other", {}).json
    assert mine is not None
    assert other is not None
    path = f"/brands/{mine['id']}"
    change = {"json": {"description": "Secret plan"}, "headers": {"Idempotency-Key": "change"}}
    assert account.patch(path, **change).status_code == 200
    restricted = account.with_key(brand_ids=[other["id"]], scopes=["brands:write"])
    for answer in (restricted.patch(path, **change), make(restricted)):
        problem(answer, 422, "idempotency_key_reused")
        assert b"Secret" not in answer.get_data()
    fresh = {**change, "headers": {"Idempotency-Key": "fresh"}}
    problem(restricted.patch(path, **fresh), 404, "not_found")


def test_errors_are_not_stored(account: Account) -> None:
    taken = make(account, key={}).json
    assert taken is not None
    problem(make(account), 409, "brand_name_taken")
    problem(account.post("/brands", json={}, headers=KEY), 422, "validation_failed")
    account.delete(f"/brands/{taken['id']}")
    answer = make(account)
    assert (answer.status_code, is_replayed(answer)) == (201, False)


def test_the_caller_is_judged_before_the_record(account: Account) -> None:
    writer = account.with_key(scopes=["brands:write"])
    assert make(writer).status_code == 201
    reader = account.with_key(scopes=["brands:read"])
    problem(make(reader), 403, "insufficient_scope")
    elsewhere = account.with_key(ip_allowlist=["192.0.2.1"])
    problem(make(elsewhere), 403, "ip_not_allowed")
    account.delete(f"/api-keys/{writer.key_id}")
    problem(make(writer), 401, "api_key_revoked")


def test_an_answer_is_kept_for_24_hours(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    first = make(account)
    later(monkeypatch, hours=23, minutes=59)
    assert is_replayed(make(account))
    with account.app.app_context():
        idempotency.forget_old_records()
    assert records(account) == 1
    later(monkeypatch, minutes=1)
    assert first.json is not None
    account.delete(f"/brands/{first.json['id']}")
    anew = make(account)
    assert (anew.status_code, is_replayed(anew)) == (201, False)
    assert records(account) == 1, "it has taken the old one's place"
    later(monkeypatch, hours=24)
    with account.app.app_context():
        idempotency.forget_old_records()
    assert records(account) == 0


def test_neither_the_key_nor_the_request_is_stored(account: Account) -> None:
    body = {"name": "Acme", "description": ""}
    account.post("/brands", json=body, headers={"Idempotency-Key": "known-to-the-caller"})
    issued = account.post("/api-keys", json={"name": "A"}, headers={"Idempotency-Key": "sealing"})
    assert issued.json is not None
    with account.app.app_context(), db.db.engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT * FROM idempotency_records")).all()
        events = connection.execute(sa.text("SELECT body FROM events WHERE type LIKE 'api%'"))
        events_text = b"".join(bytes(body) for (body,) in events)
    stored = b"".join(
        bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
        for row in rows
        for value in row
    )
    assert len(rows) == 2
    for secret in ("known-to-the-caller", "sealing", issued.json["secret"], account.token):
        assert secret.encode() not in stored
    assert b"sealing" not in events_text, "the secret's answer is sealed with it"


def rotate(account: Account, key_id: str) -> TestResponse:
    return account.post(f"/api-keys/{key_id}/rotate", headers=KEY)


def test_a_secret_can_be_fetched_again_for_15_minutes(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = rotate(account, account.key_id)
    later(monkeypatch, minutes=14, seconds=59)
    again = rotate(account, account.key_id)
    assert is_replayed(again)
    assert again.get_data() == first.get_data()
    assert again.headers["Cache-Control"] == "no-store"
    later(monkeypatch, seconds=1)
    expired = problem(rotate(account, account.key_id), 409, "idempotency_secret_expired")
    assert first.json is not None
    assert expired["resource_id"] == first.json["id"]
    with account.app.app_context():
        idempotency.forget_old_records()
        sealed = sa.select(idempotency.IdempotencyRecord.sealed_secret)
        assert db.db.session.scalars(sealed).all() == [None]


def test_a_secret_is_its_callers_alone(account: Account) -> None:
    target = account.with_key().key_id
    first = rotate(account, target)
    assert first.json is not None
    other = rotate(account.with_key(), target)
    document = problem(other, 409, "idempotency_caller_mismatch")
    assert document["resource_id"] == first.json["id"]
    assert first.json["secret"] not in other.get_data(as_text=True)


def test_reading_ignores_the_key(account: Account) -> None:
    assert account.get("/brands", headers=KEY).status_code == 200
    assert records(account) == 0
