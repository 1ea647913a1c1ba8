"""Every method of `client.webhook_endpoints`, as it goes over the wire and comes back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from anthyx import (
    Anthyx,
    IssuedWebhookEndpoint,
    Page,
    ResponseInfo,
    WebhookEndpoint,
    WebhookSecret,
)
from sdk.tests import samples, test_webhook_deliveries
from sdk.tests.loopback import Loopback, ok, raw
from sdk.tests.operations import Operation, assert_complete, assert_operation, ids_of

pytestmark = pytest.mark.enable_socket


def webhook_endpoint(**changes: Any) -> dict[str, Any]:
    """A webhook endpoint that fails, without its secret."""
    failure = {
        "at": samples.TIME,
        "delivery_id": "dlv_1",
        "event_type": "post.published",
        "status_code": None,
        "error_code": "timeout",
    }
    return {
        "id": "we_1",
        "url": "https://example.com/hooks",
        "description": None,
        "event_types": ["post.*"],
        "brand_ids": ["brand_1"],
        "headers": ["Authorization"],
        "rate_per_second": None,
        "max_in_flight": 8,
        "status": "enabled",
        "disabled_at": None,
        "disabled_reason": None,
        "mode": "live",
        "metadata": {},
        "secret_last4": "aB3d",
        "secret_activates_at": samples.TIME,
        "health": {
            "state": "failing",
            "failing_since": samples.TIME,
            "held_until": None,
            "consecutive_failures": 3,
            "last_success_at": None,
            "last_failure": failure,
            "pending": 7,
            "oldest_pending_at": samples.TIME,
        },
        "version": 2,
        "created_at": samples.TIME,
        "created_by": {"type": "user", "id": "usr_1", "name": "Ada"},
        "updated_at": samples.TIME,
        **changes,
    }


def webhook_secret(**changes: Any) -> dict[str, Any]:
    """An endpoint's secrets while a rotation lasts."""
    return {
        "id": "we_1",
        "secret": "whsec_new",
        "previous_secret": "whsec_old",
        "secret_last4": "_new",
        "secret_activates_at": samples.TIME,
        **changes,
    }


ENDPOINT, ISSUED, SECRET = webhook_endpoint(), webhook_endpoint(secret="hush"), webhook_secret()
GONE = raw(204, b"", {"X-Request-Id": "req_1"})

CALLS: list[Operation] = [
    (
        lambda c: c.webhook_endpoints.list(status="disabled", page_size=9).page(),
        "GET /webhook-endpoints?status=disabled&limit=9",
        ok(samples.page(ENDPOINT)),
        Page,
        None,
    ),
    (
        lambda c: c.webhook_endpoints.get("w"),
        "GET /webhook-endpoints/w",
        ok(ENDPOINT),
        WebhookEndpoint,
        None,
    ),
    (
        lambda c: c.webhook_endpoints.create(
            url="https://example.com/hooks",
            event_types=("post.*", "brand.created"),
            description="d",
            brand_ids=["b"],
            headers={"Authorization": "Bearer 1"},
            rate_per_second=5,
            max_in_flight=2,
            metadata={"k": "v"},
        ),
        "POST /webhook-endpoints",
        ok(ISSUED, 201),
        IssuedWebhookEndpoint,
        {
            "url": "https://example.com/hooks",
            "event_types": ["post.*", "brand.created"],
            "description": "d",
            "brand_ids": ["b"],
            "headers": {"Authorization": "Bearer 1"},
            "rate_per_second": 5,
            "max_in_flight": 2,
            "metadata": {"k": "v"},
        },
    ),
    (
        lambda c: c.webhook_endpoints.update("w", brand_ids=None, headers={"A": None}),
        "PATCH /webhook-endpoints/w",
        ok(ENDPOINT),
        WebhookEndpoint,
        {"brand_ids": None, "headers": {"A": None}},
    ),
    (
        lambda c: c.webhook_endpoints.delete("w"),
        "DELETE /webhook-endpoints/w",
        GONE,
        ResponseInfo,
        None,
    ),
    (
        lambda c: c.webhook_endpoints.get_secret("w"),
        "GET /webhook-endpoints/w/secret",
        ok(SECRET),
        WebhookSecret,
        None,
    ),
    (
        lambda c: c.webhook_endpoints.rotate_secret("w", overlap_seconds=0),
        "POST /webhook-endpoints/w/rotate-secret",
        ok(ISSUED),
        IssuedWebhookEndpoint,
        {"overlap_seconds": 0},
    ),
    (
        lambda c: c.webhook_endpoints.activate_secret("w"),
        "POST /webhook-endpoints/w/activate-secret",
        ok(ENDPOINT),
        WebhookEndpoint,
        None,
    ),
    (
        lambda c: c.webhook_endpoints.disable("w"),
        "POST /webhook-endpoints/w/disable",
        ok(ENDPOINT),
        WebhookEndpoint,
        None,
    ),
]


@pytest.mark.parametrize("operation", CALLS, ids=ids_of(CALLS))
def test_each_method_is_one_operation(
    client: Anthyx, server: Loopback, operation: Operation
) -> None:
    assert_operation(server, client, operation)


def test_every_method_is_in_the_table_above(client: Anthyx) -> None:
    assert_complete([client.webhook_endpoints], [*CALLS, *test_webhook_deliveries.CALLS])


def test_an_endpoint_is_read_to_its_depth(client: Anthyx, server: Loopback) -> None:
    server.answers(ok(ENDPOINT))
    found = client.webhook_endpoints.get("w")
    assert (found.event_types, found.headers) == (("post.*",), ("Authorization",))
    assert found.health.last_failure is not None
    assert found.health.last_failure.at == found.created_at
    assert isinstance(found.secret_activates_at, datetime)
    assert found.to_dict() == ENDPOINT
    hash(found)


def test_an_endpoint_is_named_and_matched_as_it_was_fetched(
    client: Anthyx, server: Loopback
) -> None:
    server.answers(ok(ENDPOINT, headers={"ETag": '"2-rotating"'}), ok(ENDPOINT))
    found = client.webhook_endpoints.get("w")
    client.webhook_endpoints.update(found, url="https://example.com/2", if_match=found)
    assert server.seen[1].path == "/v1/webhook-endpoints/we_1"
    assert server.seen[1].headers["if-match"] == '"2-rotating"'


def test_secrets_are_not_in_what_is_printed(client: Anthyx, server: Loopback) -> None:
    server.answers(ok(ISSUED), ok(SECRET))
    issued = client.webhook_endpoints.rotate_secret("w")
    assert issued.secret == "hush"
    shown = client.webhook_endpoints.get_secret("w")
    assert (shown.secret, shown.previous_secret) == ("whsec_new", "whsec_old")
    for each in (issued, shown):
        assert "hush" not in repr(each)
        assert "whsec_" not in repr(each)
