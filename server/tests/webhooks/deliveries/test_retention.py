"""Forgetting: what is old goes with all that belongs to it, what still waits stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from anthyx_server import clock, db
from anthyx_server.ids import id_of
from anthyx_server.webhooks.deliveries import jobs, retention
from anthyx_server.webhooks.models import (
    WebhookAttempt,
    WebhookDelivery,
    WebhookHour,
    WebhookRecovery,
)
from tests.support.apps import Account
from tests.support.webhooks import (
    add_attempt,
    add_deliveries,
    add_endpoint,
    add_recovery,
)


def rows(account: Account, column: Any) -> set[Any]:
    with account.app.app_context():
        return set(db.db.session.scalars(sa.select(column)))


def test_what_is_older_than_kept_is_forgotten(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "_BATCH", 2)
    endpoint_id = add_endpoint(account)
    moment = clock.now()
    old, young = moment - timedelta(days=30, seconds=1), moment - timedelta(days=29)
    forgotten = add_deliveries(
        account,
        endpoint_id,
        [{"created_at": old, "status": s} for s in ("succeeded", "dead", "skipped", "succeeded")],
    )
    waiting = [{"created_at": old, "status": s} for s in ("pending", "failed")]
    kept = add_deliveries(account, endpoint_id, [*waiting, {"created_at": young}])
    for delivery_id in (*forgotten, *kept):
        add_attempt(account, delivery_id)
    recoveries = [
        add_recovery(account, endpoint_id, id=id_of("rcv", moment, n), completed_at=completed_at)
        for n, (moment, completed_at) in enumerate([(old, old), (old, None), (young, young)])
    ]
    with account.app.app_context(), db.transaction():
        for hour in (old, young):
            values = {"succeeded": 1, "failed": 0, "durations": {}, "hour": hour}
            values |= {"workspace_id": account.workspace_id, "mode": account.mode}
            db.db.session.add(WebhookHour(endpoint_id=endpoint_id, **values))
    with account.app.app_context():
        jobs.forget_old_deliveries()
    assert rows(account, WebhookDelivery.id) == set(kept)
    assert rows(account, WebhookAttempt.delivery_id) == set(kept)
    assert rows(account, WebhookRecovery.id) == set(recoveries[1:])
    assert rows(account, WebhookHour.hour) == {young}
