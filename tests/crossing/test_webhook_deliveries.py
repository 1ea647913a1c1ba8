"""Deliveries by the SDK against a running server: found, sent again, recovered."""

from __future__ import annotations

from datetime import timedelta

import pytest

from anthyx import Anthyx, ConflictError, NotFoundError
from anthyx_server import clock
from tests.crossing.conftest import Running
from tests.support.apps import make_account
from tests.support.webhooks import (
    add_attempt,
    add_deliveries,
    add_delivery,
    add_endpoint,
    disable_endpoint,
)

pytestmark = pytest.mark.enable_socket


def test_deliveries_are_found_read_and_sent_again(running: Running) -> None:
    account = make_account(running.app, "growth", mode="test")
    endpoint_id = add_endpoint(account)
    made = add_deliveries(account, endpoint_id, [{"status": "dead"}, {}, {"status": "dead"}])
    add_attempt(account, made[0], status_code=500, error_code="status", error_detail="It was 500.")
    with Anthyx(account.token, base_url=f"{running.url}/v1") as client:
        found = list(client.webhook_deliveries.list(endpoint_id=endpoint_id, page_size=1))
        assert [each.id for each in found] == made[::-1]
        dead = list(client.webhook_deliveries.list(status="dead"))
        assert [each.id for each in dead] == [made[2], made[0]]
        shown = client.webhook_deliveries.get(dead[1])
        assert shown.attempts[0].error is not None
        assert shown.attempts[0].request_headers["X-Anthyx-Delivery"] == made[0]
        again = client.webhook_deliveries.redeliver(dead[0])
        assert (again.status, again.next_attempt_at is not None) == ("dead", True)
        stats = client.webhook_endpoints.stats(endpoint_id)
        assert sum(bucket.failed for bucket in stats.data) == 1
        with pytest.raises(NotFoundError):
            client.webhook_deliveries.get("dlv_01m85b8621tp3njfh6qm82sfwd")


def test_what_was_missed_is_asked_for(running: Running) -> None:
    account = make_account(running.app, "growth", mode="test")
    endpoint_id = add_endpoint(account)
    with Anthyx(account.token, base_url=f"{running.url}/v1") as client:
        add_delivery(account, endpoint_id, status="dead")
        since = clock.now() - timedelta(hours=1)
        counted = client.webhook_endpoints.recover(endpoint_id, since=since, dry_run=True)
        assert (counted.id, counted.matched) == (None, 1)
        recovery = client.webhook_endpoints.recover(endpoint_id, since=since)
        assert recovery.id is not None
        assert client.webhook_recoveries.get(recovery.id) == recovery
        with pytest.raises(ConflictError) as refused:
            client.webhook_endpoints.recover(endpoint_id, since=since)
        assert refused.value.code == "recovery_in_progress"
        disable_endpoint(account, endpoint_id)
        with pytest.raises(ConflictError) as refused:
            client.webhook_endpoints.test(endpoint_id)
        assert refused.value.code == "endpoint_disabled"
        backlog = client.webhook_endpoints.enable(endpoint_id, backlog="all")
        assert backlog.matched == 1
        assert client.webhook_recoveries.get(recovery.id).done
        assert client.webhook_endpoints.get(endpoint_id).status == "enabled"
