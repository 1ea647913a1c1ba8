"""A call of each operation of webhooks, with something on record."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa
from werkzeug.test import TestResponse

from anthyx_server import clock, db
from anthyx_server.webhooks.models import WebhookDelivery
from tests.support.apps import Account, wait_until
from tests.support.webhooks import (
    add_attempt,
    add_delivery,
    add_endpoint,
    add_recovery,
    change,
    disable_endpoint,
)

_SECONDS = 20.0
_FULL = {
    "url": "https://93.184.216.34/hook",
    "event_types": ["post.*"],
    "description": "Ours",
    "headers": {"X-Own": "a"},
    "rate_per_second": 10,
    "metadata": {"a": "b"},
}


def made(account: Account) -> str:
    answer = account.post("/webhook-endpoints", json=_FULL).get_json()
    return f"/webhook-endpoints/{answer['id']}"


def failing(account: Account) -> str:
    """An endpoint with a delivery that failed and its attempt."""
    endpoint_id = add_endpoint(account)
    delivery_id = add_delivery(account, endpoint_id, status="failed", event_type="post.created")
    add_attempt(
        account, delivery_id, status_code=500, response_headers=[["A", "b"]], response_body=b"no",
        signatures={"X-Anthyx-Signature": "sha256=0"}, custom_headers=["X-Own"],
    )  # fmt: skip
    return endpoint_id


def delivery(account: Account) -> str:
    failing(account)
    (row,) = account.get("/webhook-deliveries").get_json()["data"]
    return f"/webhook-deliveries/{row['id']}"


def rotating(account: Account) -> str:
    path = made(account)
    account.post(f"{path}/rotate-secret")
    return path


def disabled(account: Account) -> str:
    endpoint_id = add_endpoint(account)
    disable_endpoint(account, endpoint_id)
    return f"/webhook-endpoints/{endpoint_id}"


def run_test(account: Account) -> TestResponse:
    """A test whose attempt is put on record while the request waits for it."""
    endpoint_id = add_endpoint(account)

    def find() -> str | None:
        query = sa.select(WebhookDelivery.id).where(WebhookDelivery.trigger == "test")
        with account.app.app_context():
            found: str | None = db.db.session.scalar(query)
            return found

    def work() -> None:
        wait_until(lambda: find() is not None, _SECONDS)
        delivery_id = str(find())
        change(account, WebhookDelivery, delivery_id, status="succeeded", next_attempt_at=None)
        add_attempt(account, delivery_id, trigger="test")

    thread = threading.Thread(target=work)
    thread.start()
    answer = account.post(f"/webhook-endpoints/{endpoint_id}/test")
    thread.join()
    return answer


def since() -> str:
    return clock.rfc3339(clock.now() - timedelta(hours=1))


WEBHOOK_CALLS: dict[str, Callable[[Account], TestResponse]] = {
    "list_webhook_endpoints": lambda each: (failing(each), each.get("/webhook-endpoints"))[1],
    "create_webhook_endpoint": lambda each: each.post("/webhook-endpoints", json=_FULL),
    "get_webhook_endpoint": lambda each: each.get(rotating(each)),
    "update_webhook_endpoint": lambda each: each.patch(made(each), json={"description": None}),
    "delete_webhook_endpoint": lambda each: each.delete(made(each)),
    "get_webhook_endpoint_secret": lambda each: each.get(f"{rotating(each)}/secret"),
    "rotate_secret_of_webhook_endpoint": lambda each: each.post(f"{made(each)}/rotate-secret"),
    "activate_secret_of_webhook_endpoint": lambda each: each.post(
        f"{rotating(each)}/activate-secret"
    ),
    "disable_webhook_endpoint": lambda each: each.post(f"{made(each)}/disable"),
    "enable_webhook_endpoint": lambda each: each.post(
        f"{disabled(each)}/enable", json={"backlog": "all"}
    ),
    "recover_webhook_endpoint": lambda each: each.post(
        f"/webhook-endpoints/{failing(each)}/recover", json={"since": since()}
    ),
    "test_webhook_endpoint": run_test,
    "get_webhook_endpoint_stats": lambda each: each.get(
        f"/webhook-endpoints/{failing(each)}/stats"
    ),
    "list_webhook_deliveries": lambda each: (failing(each), each.get("/webhook-deliveries"))[1],
    "get_webhook_delivery": lambda each: each.get(delivery(each)),
    "redeliver_webhook_delivery": lambda each: each.post(f"{delivery(each)}/redeliver"),
    "get_webhook_recovery": lambda each: each.get(
        f"/webhook-recoveries/{add_recovery(each, add_endpoint(each))}"
    ),
}
