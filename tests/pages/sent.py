"""A webhook endpoint with a day behind it, and a delivery that is to be tried again."""

from __future__ import annotations

from datetime import timedelta

from anthyx_server import clock
from anthyx_server.webhooks.models import WebhookDelivery
from tests.support.apps import Account
from tests.support.deliveries import subscribe
from tests.support.webhooks import add_attempts, add_deliveries, change

_COUNT, _APART = 48, timedelta(minutes=28)
_TYPES = ("post.created", "post.approved", "post.published")
_ANSWER = {"status_code": 503, "error_code": "http_status", "error_detail": "The answer was 503."}


def make_endpoint(account: Account) -> str:
    """An endpoint that was sent something all day, of which a few failed; its id."""
    endpoint_id = subscribe(
        account,
        "https://cms.example.com/anthyx/webhooks",
        description="Internal CMS",
        event_types=["post.*", "brand.created"],
    )
    moment = clock.now()
    rows = [
        {
            "event_type": _TYPES[number % 3],
            "created_at": moment - _APART * (_COUNT - number),
            "status": "dead" if number % 11 == 5 else "succeeded",
            "round_attempts": 10 if number % 11 == 5 else 1,
        }
        for number in range(_COUNT)
    ]
    for number, delivery_id in enumerate(add_deliveries(account, endpoint_id, rows)):
        answer = _ANSWER if number % 11 == 5 else {"status_code": 204}
        started_at = moment - _APART * (_COUNT - number)
        duration_ms = 40 + number * 37 % 160
        attempt = {"started_at": started_at, "duration_ms": duration_ms, **answer}
        add_attempts(account, delivery_id, [attempt])
    return endpoint_id


def make_delivery(account: Account) -> str:
    """What the latest endpoint was told of a brand, and did not take; its id."""
    account.post("/brands", json={"name": "Birch"})
    sent = account.get("/webhook-deliveries", query_string={"status": "pending"}).get_json()
    delivery_id: str = sent["data"][0]["id"]
    change(
        account,
        WebhookDelivery,
        delivery_id,
        status="failed",
        attempts_made=1,
        round_attempts=1,
        next_attempt_at=clock.now() + timedelta(minutes=5),
    )
    body = b"<html><body><h1>503 Service Unavailable</h1></body></html>"
    headers = [["Content-Type", "text/html"], ["Retry-After", "120"]]
    attempt = {**_ANSWER, "response_headers": headers, "response_body": body}
    add_attempts(account, delivery_id, [attempt])
    return delivery_id
