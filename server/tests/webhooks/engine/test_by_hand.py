"""What customers ask for by hand, sent by a real pump to a real receiver."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from anthyx_server import clock, db
from anthyx_server.webhooks.deliveries import jobs
from anthyx_server.webhooks.engine import Pump
from anthyx_server.webhooks.engine.sweep_statements import SweepStatements
from anthyx_server.webhooks.models import WebhookDelivery, WebhookEndpoint
from tests.support.apps import Account, wait_until
from tests.support.deliveries import change, count, publish, subscribe
from tests.support.receiver import Answer, Receiver

pytestmark = pytest.mark.enable_socket


def attempts(account: Account, delivery_id: str) -> list[dict[str, Any]]:
    shown = account.get(f"/webhook-deliveries/{delivery_id}").get_json()
    made: list[dict[str, Any]] = shown["attempts"]
    return made


def test_a_test_is_sent_and_shown_as_it_was_sent(
    account: Account, receiver: Receiver, pump: Pump
) -> None:
    endpoint_id = subscribe(account, receiver.url(), event_types=[], headers={"X-Tenant": "acme"})
    receiver.answer = lambda _request: Answer(418, {"Set-Cookie": "a=b", "X-Is": "a pot"}, b"\xff!")
    body = {"event_type": "post.published"}
    answer = account.post(f"/webhook-endpoints/{endpoint_id}/test", json=body)
    assert answer.status_code == 200
    attempt = answer.get_json()
    assert (attempt["status_code"], attempt["trigger"], attempt["number"]) == (418, "test", 1)
    assert (attempt["response_body"], attempt["peer_address"]) == ("\ufffd!", "127.0.0.1")
    answered = {name.lower(): value for name, value in attempt["response_headers"].items()}
    assert answered["x-is"] == "a pot"
    assert "set-cookie" not in answered
    (request,) = receiver.received
    assert request.headers["x-tenant"] == "acme"
    for name, value in attempt["request_headers"].items():
        expected = "[masked]" if name.lower() == "x-tenant" else request.headers[name.lower()]
        assert value == expected, name
    delivery = account.get(f"/webhook-deliveries/{attempt['delivery_id']}").get_json()
    assert delivery["status"] == "dead"


def test_one_is_redelivered(account: Account, receiver: Receiver, pump: Pump) -> None:
    endpoint_id = subscribe(account, receiver.url())
    publish(account)
    wait_until(lambda: count(account, status="succeeded") == 1, 20)
    (delivery,) = account.get("/webhook-deliveries").get_json()["data"]
    assert account.post(f"/webhook-deliveries/{delivery['id']}/redeliver").status_code == 202
    wait_until(lambda: len(attempts(account, delivery["id"])) == 2, 20)
    assert [each["trigger"] for each in attempts(account, delivery["id"])] == [
        "automatic",
        "manual",
    ]
    first, second = receiver.received
    assert (first.body, first.sequence) == (second.body, second.sequence)
    query = {"endpoint_id": endpoint_id, "after_sequence": 0}
    (listed,) = account.get("/webhook-deliveries", query_string=query).get_json()["data"]
    assert (listed["id"], listed["sequence"], listed["attempts_made"]) == (delivery["id"], 1, 2)


def test_what_died_and_what_was_missed_is_sent(
    account: Account, receiver: Receiver, pump: Pump
) -> None:
    endpoint_id = subscribe(account, receiver.url())
    publish(account, 25)
    wait_until(lambda: count(account, status="succeeded") == 25, 20)
    change(account, WebhookDelivery, {"endpoint_id": endpoint_id}, status="dead")
    since = clock.rfc3339(clock.now() - timedelta(hours=1))
    path = f"/webhook-endpoints/{endpoint_id}"
    assert account.post(f"{path}/recover", json={"since": since}).get_json()["matched"] == 25
    advance_until(account, lambda: count(account, status="succeeded") == 25)
    assert len(receiver.received) == 50
    assert account.post(f"{path}/disable").status_code == 200
    publish(account, 5)
    assert count(account, status="skipped") == 5
    recovery = account.post(f"{path}/enable", json={"backlog": "all"}).get_json()
    assert recovery["matched"] == 5
    publish(account, 2)
    advance_until(account, lambda: count(account, status="succeeded") == 32)
    recovery_path = f"/webhook-recoveries/{recovery['id']}"
    advance_until(account, lambda: bool(account.get(recovery_path).get_json()["done"]))
    assert account.get(recovery_path).get_json()["queued"] == 5
    assert len(receiver.received) == 57
    assert account.get(path).get_json()["status"] == "enabled"
    assert count(account, status="skipped") == 0


def advance_until(account: Account, condition: Any) -> None:
    """Do what the worker's scheduler does, until it has come to that."""

    def look() -> bool:
        with account.app.app_context():
            jobs.advance_recoveries()
        return bool(condition())

    wait_until(look, 20)


def test_what_waits_is_not_skipped_beside_enabling(account: Account) -> None:
    endpoint_id = subscribe(account, "http://127.0.0.1:9/hook")
    publish(account, 3)
    change(account, WebhookEndpoint, {"id": endpoint_id}, status="disabled")
    skipped: list[int] = []

    def sweep() -> None:
        with account.app.app_context(), db.db.engine.begin() as connection:
            statements = SweepStatements(db.db.engine)
            skipped.append(statements.skip(connection, endpoint_id, 500, clock.now()))

    thread = threading.Thread(target=sweep)
    with account.app.app_context(), db.transaction():
        enabled = sa.update(WebhookEndpoint).filter_by(id=endpoint_id).values(status="enabled")
        db.db.session.execute(enabled)
        thread.start()
        # Time to go wrong: who asks for the status without the lock is done by then.
        thread.join(0.5)
    thread.join()
    assert skipped == [0]
    assert count(account, status="pending") == 3
