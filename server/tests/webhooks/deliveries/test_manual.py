"""Redelivering and testing: one attempt by hand, at most ten a minute per endpoint."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from anthyx_server import clock, db, keys
from anthyx_server.db import is_sqlite
from anthyx_server.ids import new_id
from anthyx_server.webhooks.deliveries import manual
from anthyx_server.webhooks.models import WebhookDelivery, WebhookEndpoint, WebhookQueue
from tests.support.apps import Account, wait_until
from tests.support.problems import entries, problem
from tests.support.webhooks import (
    add_attempt,
    add_deliveries,
    add_delivery,
    add_endpoint,
    change,
    change_endpoint,
    disable_endpoint,
    read_row,
)

WAIT_SECONDS = 20.0


def redeliver(account: Account, delivery_id: str, **options: Any) -> Any:
    return account.post(f"/webhook-deliveries/{delivery_id}/redeliver", **options)


def run_test(account: Account, endpoint_id: str, **options: Any) -> Any:
    return account.post(f"/webhook-endpoints/{endpoint_id}/test", **options)


@pytest.mark.parametrize("status", ["pending", "succeeded", "failed", "dead", "skipped"])
def test_one_attempt_is_due_at_once_and_all_else_stays(account: Account, status: str) -> None:
    delivery_id = add_delivery(account, add_endpoint(account), status=status, round_attempts=3)
    before = read_row(account, WebhookDelivery, delivery_id)
    answer = redeliver(account, delivery_id)
    assert answer.status_code == 202
    row = read_row(account, WebhookDelivery, delivery_id)
    assert answer.get_json()["id"] == delivery_id
    assert answer.get_json()["next_attempt_at"] == clock.rfc3339(row.next_attempt_at)
    assert (row.status, row.trigger, row.round_attempts) == (status, "manual", 3)
    assert row.completed_at == before.completed_at
    assert row.next_attempt_at <= clock.now()
    (entry,) = account.get("/audit-log?action=webhook_delivery.redelivered").get_json()["data"]
    assert (entry["target"]["id"], entry["actor"]["id"]) == (delivery_id, account.key_id)


def test_asked_for_twice_it_is_made_once(account: Account) -> None:
    delivery_id = add_delivery(account, add_endpoint(account))
    first = redeliver(account, delivery_id).get_json()
    assert redeliver(account, delivery_id).get_json() == first


def test_where_nothing_can_be_sent_it_is_refused(account: Account) -> None:
    endpoint_id = add_endpoint(account)
    leased = add_delivery(account, endpoint_id, status="pending", lease="token")
    answer = problem(redeliver(account, leased), 409, "invalid_state")
    assert answer["state"] == "in_progress"
    old = add_delivery(account, endpoint_id, created_at=clock.now() - timedelta(days=30))
    assert problem(redeliver(account, old), 409, "invalid_state")["state"] == "expired"
    delivery_id = add_delivery(account, endpoint_id)
    disable_endpoint(account, endpoint_id)
    answer = problem(redeliver(account, delivery_id), 409, "endpoint_disabled")
    assert answer["state"] == "disabled"
    change_endpoint(account, endpoint_id, deleted_at=clock.now())
    assert problem(redeliver(account, delivery_id), 409, "invalid_state")["state"] == "deleted"
    problem(run_test(account, endpoint_id), 404, "not_found")
    assert read_row(account, WebhookDelivery, delivery_id).next_attempt_at is None


def test_ten_a_minute_are_made_of_an_endpoint(account: Account) -> None:
    endpoint_id, other_id = add_endpoint(account), add_endpoint(account)
    made = add_deliveries(account, endpoint_id, [{}] * 20)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda each: redeliver(account, each), made))
    refused = [each for each in answers if each.status_code != 202]
    assert len(refused) == 10
    told = problem(refused[0], 429, "rate_limit_exceeded")
    assert (told["window"], told["limit"]) == ("minute", 10)
    assert 0 < told["retry_after"] <= 60
    assert refused[0].headers["Retry-After"] == str(told["retry_after"])
    problem(run_test(account, endpoint_id), 429, "rate_limit_exceeded")
    assert redeliver(account, add_delivery(account, other_id)).status_code == 202
    with account.app.app_context():
        query = sa.select(sa.func.count()).where(WebhookDelivery.trigger == "manual")
        assert db.db.session.scalar(query.where(WebhookDelivery.endpoint_id == endpoint_id)) == 10


@pytest.mark.parametrize("shift", [-1, 120])
def test_a_minute_ends_whatever_the_clock_was(account: Account, shift: int) -> None:
    endpoint_id = add_endpoint(account)
    until = clock.now() + timedelta(seconds=shift)
    with account.app.app_context(), db.transaction():
        values = {"manual_until": until, "manual_used": 10}
        mine = sa.update(WebhookQueue).where(WebhookQueue.endpoint_id == endpoint_id)
        db.db.session.execute(mine.values(values))
    assert redeliver(account, add_delivery(account, endpoint_id)).status_code == 202


def test_what_is_refused_uses_nothing_up(account: Account) -> None:
    endpoint_id = add_endpoint(account)
    for _ in range(12):
        assert entries(run_test(account, endpoint_id, json={"event_type": "no.such"})) == {
            ("/event_type", "invalid")
        }
    assert redeliver(account, add_delivery(account, endpoint_id)).status_code == 202


@contextmanager
def worker(account: Account, **attempt: Any) -> Iterator[list[str]]:
    """Makes the attempt at the next test delivery, as the engine does; what the database held."""
    seen: list[str] = []

    def find() -> str | None:
        with account.app.app_context():
            mine = WebhookDelivery.trigger == "test", WebhookDelivery.status == "pending"
            query = sa.select(WebhookDelivery.id).where(*mine)
            found: str | None = db.db.session.scalar(query)
            return found

    def work() -> None:
        wait_until(lambda: find() is not None, WAIT_SECONDS)
        delivery_id = str(find())
        with account.app.app_context():
            engine = db.db.engine
            if not is_sqlite(engine):
                text = "SELECT state FROM pg_stat_activity WHERE datname = current_database()"
                with engine.connect() as connection:
                    seen.extend(connection.exec_driver_sql(text).scalars())
        # On SQLite this would fail if whoever waits held a transaction.
        change(account, WebhookDelivery, delivery_id, status="dead", next_attempt_at=None)
        add_attempt(account, delivery_id, trigger="test", **attempt)

    thread = threading.Thread(target=work)
    thread.start()
    yield seen
    thread.join()


def test_a_test_answers_with_the_attempt(account: Account) -> None:
    endpoint_id = add_endpoint(account, event_types=["brand.created"])
    failed = {"status_code": 500, "error_code": "status", "error_detail": "500"}
    with worker(account, **failed) as seen:
        answer = run_test(account, endpoint_id, json={"event_type": "post.published"})
    assert "idle in transaction" not in seen
    assert answer.status_code == 200
    attempt = answer.get_json()
    assert (attempt["status_code"], attempt["error"]["code"]) == (500, "status")
    delivery = account.get(f"/webhook-deliveries/{attempt['delivery_id']}").get_json()
    assert delivery["attempts"] == [attempt]
    assert delivery["event_type"] == "post.published"
    assert account.get("/events?types=post.published").get_json()["data"] == []


def test_a_test_that_no_worker_makes_is_answered_with_the_delivery(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = account.app.extensions["anthyx_webhook_settings"]
    short = replace(settings, timeout_seconds=0.01)
    monkeypatch.setitem(account.app.extensions, "anthyx_webhook_settings", short)
    monkeypatch.setattr(manual, "_MORE_SECONDS", 0)
    endpoint_id = add_endpoint(account, brand_ids=[new_id("brand")])
    headers = {"Idempotency-Key": "a-test"}
    answer = run_test(account, endpoint_id, headers=headers)
    assert answer.status_code == 202
    delivery = answer.get_json()
    assert (delivery["status"], delivery["event_type"]) == ("pending", "webhook_endpoint.test")
    assert answer.headers["Location"] == f"/v1/webhook-deliveries/{delivery['id']}"
    again = run_test(account, endpoint_id, headers=headers)
    assert again.get_json() == delivery
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(account.get("/webhook-deliveries").get_json()["data"]) == 1


def test_a_key_of_some_brands_tests_its_endpoints(account: Account) -> None:
    brand_id = account.post("/brands", json={"name": "Own"}).get_json()["id"]
    key = account.with_key(brand_ids=[brand_id], scopes=["webhooks:read", "webhooks:write"])
    with worker(account):
        answer = run_test(key, add_endpoint(account, brand_ids=[brand_id]))
    assert answer.status_code == 200
    path = f"/webhook-deliveries/{answer.get_json()['delivery_id']}"
    assert key.get(path).get_json()["brand_id"] == brand_id
    problem(run_test(key, add_endpoint(account)), 404, "not_found")


def test_waiting_does_not_use_up_the_threads(account: Account) -> None:
    slots = account.app.extensions["anthyx_waiting"]
    taken = 0
    while slots.acquire(blocking=False):
        taken += 1
    try:
        assert run_test(account, add_endpoint(account)).status_code == 202
    finally:
        for _ in range(taken):
            slots.release()


def test_the_answer_of_a_test_needs_a_key_that_holds(account: Account) -> None:
    endpoint_id = add_endpoint(account)
    key = account.with_key()
    slots = account.app.extensions["anthyx_waiting"]
    while slots.acquire(blocking=False):
        pass
    made = run_test(key, endpoint_id).get_json()
    add_attempt(account, made["id"], trigger="test")
    account.delete(f"/api-keys/{key.key_id}")
    with account.app.app_context():
        caller = account.caller._replace(key_id=key.key_id)
        with pytest.raises(keys.ApiKeyRevoked):
            manual.await_attempt(caller, made["id"])


def test_a_stale_version_is_not_tested(account: Account) -> None:
    endpoint_id = add_endpoint(account)
    headers = {"If-Match": '"7"'}
    problem(run_test(account, endpoint_id, headers=headers), 412, "precondition_failed")
    assert read_row(account, WebhookEndpoint, endpoint_id).version == 1
