"""Endpoints, deliveries and attempts as rows: what is on record, without anything being sent."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from anthyx_server import clock, db
from anthyx_server.ids import id_of, new_id
from anthyx_server.webhooks.models import (
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookQueue,
    WebhookRecovery,
)
from tests.support.apps import Account

_numbers = itertools.count(1)


def new_endpoint(account: Account, **values: Any) -> WebhookEndpoint:
    """An enabled endpoint that is subscribed to nothing; it is not on record yet."""
    moment = clock.now()
    chosen = {
        "id": new_id("we"),
        "url": "https://receiver.example/hooks",
        "description": None,
        "event_types": [],
        "brand_ids": None,
        "header_names": [],
        "secret_last4": "abcd",
        "max_in_flight": 8,
        "status": "enabled",
        "labels": {},
        "created_by": {"type": "system", "id": None, "name": "test"},
        "version": 1,
        "created_at": moment,
        "updated_at": moment,
        **_owner(account),
        **values,
    }
    return WebhookEndpoint(**chosen)


def put_on_record(account: Account, endpoint: WebhookEndpoint) -> str:
    """Store an endpoint with its queue; its id."""
    endpoint_id = endpoint.id
    queue = WebhookQueue(
        endpoint_id=endpoint_id, sequence=0, in_flight=0, consecutive_failures=0, **_owner(account)
    )
    with account.app.app_context(), db.transaction():
        db.db.session.add_all([endpoint, queue])
    return endpoint_id


def add_endpoint(account: Account, **values: Any) -> str:
    """An enabled endpoint with its queue, that is subscribed to nothing; its id."""
    return put_on_record(account, new_endpoint(account, **values))


def disable_endpoint(account: Account, endpoint_id: str) -> datetime:
    """Turn it off as if for good reasons; since when."""
    moment = clock.now()
    change_endpoint(account, endpoint_id, status="disabled", disabled_at=moment)
    return moment


def change_endpoint(account: Account, endpoint_id: str, **values: Any) -> None:
    """Set columns of an endpoint."""
    change(account, WebhookEndpoint, endpoint_id, **values)


def change(account: Account, model: Any, row_id: str, **values: Any) -> None:
    """Set columns of a row."""
    with account.app.app_context(), db.transaction():
        db.db.session.execute(sa.update(model).where(model.id == row_id).values(values))


def add_delivery(account: Account, endpoint_id: str, **values: Any) -> str:
    """A delivery, by default one that succeeded a moment ago; its id."""
    (delivery_id,) = add_deliveries(account, endpoint_id, [values])
    return delivery_id


def add_deliveries(account: Account, endpoint_id: str, rows: Sequence[dict[str, Any]]) -> list[str]:
    """Deliveries that differ from such a one by these values; their ids."""
    moment = clock.now()
    made = [_delivery(account, endpoint_id, moment, row) for row in rows]
    with account.app.app_context(), db.transaction():
        db.db.session.execute(sa.insert(WebhookDelivery), made)
    return [row["id"] for row in made]


def _delivery(
    account: Account, endpoint_id: str, now: datetime, values: dict[str, Any]
) -> dict[str, Any]:
    created_at = values.get("created_at", now)
    status = values.get("status", "succeeded")
    is_waiting = status in {"pending", "failed"}
    return {
        "id": id_of("dlv", created_at, next(_numbers)),
        "endpoint_id": endpoint_id,
        "event_id": new_id("evt"),
        "event_type": "post.published",
        "brand_id": None,
        "sequence": None,
        "status": status,
        "trigger": "automatic",
        "attempts_made": 0 if status in {"pending", "skipped"} else 1,
        "round_attempts": 0,
        "next_attempt_at": now + timedelta(hours=1) if is_waiting else None,
        "lease": None,
        "leased_until": None,
        "recovery_id": None,
        "created_at": created_at,
        "completed_at": None if is_waiting else created_at,
        **_owner(account),
        **values,
    }


def add_attempt(account: Account, delivery_id: str, **values: Any) -> str:
    """An attempt at a delivery, by default a success of this moment; its id."""
    (attempt_id,) = add_attempts(account, delivery_id, [values])
    return attempt_id


def add_attempts(account: Account, delivery_id: str, rows: Sequence[dict[str, Any]]) -> list[str]:
    """Attempts that differ from such a one by these values; their ids."""
    with account.app.app_context(), db.transaction():
        delivery = db.db.session.get_one(WebhookDelivery, delivery_id)
        made = [
            {
                "id": new_id("att"),
                "delivery_id": delivery_id,
                "endpoint_id": delivery.endpoint_id,
                "number": 1,
                "sequence": delivery.sequence,
                "trigger": "automatic",
                "url": "https://receiver.example/hooks",
                "started_at": clock.now(),
                "duration_ms": 20,
                "status_code": 200,
                **_owner(account),
                **row,
            }
            for row in rows
        ]
        db.db.session.add_all([WebhookAttempt(**each) for each in made])
    return [str(each["id"]) for each in made]


def add_recovery(account: Account, endpoint_id: str, **values: Any) -> str:
    """A recovery that is finished; its id."""
    moment = clock.now()
    chosen = {
        "id": new_id("rcv"),
        "endpoint_id": endpoint_id,
        "statuses": ["dead"],
        "since": moment,
        "low": "dlv_",
        "high": "dlv_~",
        "cursor": "dlv_",
        "pace": 10,
        "matched": 0,
        "queued": 0,
        "created_at": moment,
        "completed_at": moment,
        **_owner(account),
        **values,
    }
    with account.app.app_context(), db.transaction():
        db.db.session.add(WebhookRecovery(**chosen))
    return str(chosen["id"])


def read_row(account: Account, model: Any, row_id: str) -> Any:
    """A row as it is now, free of any session."""
    with account.app.app_context():
        row = db.db.session.get_one(model, row_id)
        db.db.session.expunge(row)
        return row


def _owner(account: Account) -> dict[str, str]:
    return {"workspace_id": account.workspace_id, "mode": account.mode}
