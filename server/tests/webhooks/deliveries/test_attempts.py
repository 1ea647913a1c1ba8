"""A delivery with its attempts: headers as they were sent, answers as far as they are kept."""

from __future__ import annotations

from datetime import UTC, datetime

from anthyx_server.ids import new_id
from tests.support.apps import Account
from tests.support.problems import problem
from tests.support.webhooks import add_attempt, add_attempts, add_delivery, add_endpoint

STARTED_AT = datetime(2026, 11, 1, 9, 30, 0, 999_000, tzinfo=UTC)
MADE = {
    "started_at": STARTED_AT,
    "duration_ms": 184,
    "dns_ms": 2,
    "connect_ms": 20,
    "tls_ms": 41,
    "first_byte_ms": 180,
    "peer_address": "192.0.2.7",
    "signatures": {"X-Anthyx-Signature": "sha256=00", "webhook-signature": "v1,AA=="},
    "custom_headers": ["X-Tenant"],
    "status_code": 503,
    "error_code": "status",
    "error_detail": "The receiver answered 503.",
    "response_headers": [
        ["Content-Type", "text/plain"],
        ["set-cookie", "session=secret"],
        ["Via", "a"],
        ["via", "b"],
    ],
    "response_body": b"down \xff \x00 \xe2\x82\xac",
}


def test_an_attempt_is_shown_as_it_was_made(account: Account) -> None:
    event_id = new_id("evt")
    delivery_id = add_delivery(account, add_endpoint(account), sequence=41, event_id=event_id)
    attempt_id = add_attempt(account, delivery_id, **MADE)
    shown = account.get(f"/webhook-deliveries/{delivery_id}").get_json()
    assert shown["sequence"] == 41
    (attempt,) = shown["attempts"]
    assert attempt.pop("request_headers") == {
        "Content-Type": "application/json",
        "User-Agent": "Anthyx-Webhooks/1",
        "webhook-id": event_id,
        "webhook-timestamp": str(int(STARTED_AT.timestamp())),
        "X-Anthyx-Event": "post.published",
        "X-Anthyx-Delivery": delivery_id,
        "X-Anthyx-Attempt": "1",
        "X-Anthyx-Sequence": "41",
        "X-Anthyx-Signature": "sha256=00",
        "webhook-signature": "v1,AA==",
        "X-Tenant": "[masked]",
    }
    assert attempt == {
        "id": attempt_id,
        "delivery_id": delivery_id,
        "number": 1,
        "trigger": "automatic",
        "url": "https://receiver.example/hooks",
        "started_at": "2026-11-01T09:30:00.999Z",
        "duration_ms": 184,
        "phases": {"dns_ms": 2, "connect_ms": 20, "tls_ms": 41, "first_byte_ms": 180},
        "peer_address": "192.0.2.7",
        "status_code": 503,
        "error": {"code": "status", "detail": "The receiver answered 503."},
        "response_headers": {"Content-Type": "text/plain", "Via": "a, b"},
        "response_body": "down \ufffd \x00 €",
    }


def test_an_attempt_that_got_nowhere_has_nothing_to_show(account: Account) -> None:
    delivery_id = add_delivery(account, add_endpoint(account))
    values = {"duration_ms": None, "status_code": None, "error_code": "interrupted"}
    add_attempt(account, delivery_id, **values)
    (shown,) = account.get(f"/webhook-deliveries/{delivery_id}").get_json()["attempts"]
    assert shown["error"] == {"code": "interrupted", "detail": ""}
    assert shown["phases"] == dict.fromkeys(("dns_ms", "connect_ms", "tls_ms", "first_byte_ms"))
    assert (shown["response_headers"], shown["response_body"]) == (None, None)
    assert "X-Anthyx-Sequence" not in shown["request_headers"]


def test_of_many_attempts_the_latest_are_shown_in_order(account: Account) -> None:
    delivery_id = add_delivery(account, add_endpoint(account), attempts_made=60)
    add_attempts(account, delivery_id, [{"number": number} for number in range(1, 61)])
    shown = account.get(f"/webhook-deliveries/{delivery_id}").get_json()
    assert [each["number"] for each in shown["attempts"]] == list(range(11, 61))
    assert shown["attempts_made"] == 60


def test_a_delivery_that_is_not_there(account: Account, other_account: Account) -> None:
    delivery_id = add_delivery(account, add_endpoint(account))
    for path in (f"/webhook-deliveries/{new_id('dlv')}", "/webhook-deliveries/current"):
        problem(account.get(path), 404, "not_found")
    problem(other_account.get(f"/webhook-deliveries/{delivery_id}"), 404, "not_found")
