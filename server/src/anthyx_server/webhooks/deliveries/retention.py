"""Forgetting what is on record for longer than the operator keeps it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa

from anthyx_server.db import db, transaction
from anthyx_server.ids import id_of
from anthyx_server.webhooks.models import (
    WebhookAttempt,
    WebhookDelivery,
    WebhookHour,
    WebhookRecovery,
)

_BATCH = 500
_MOST_BATCHES = 400


def forget(kept_from: datetime) -> None:
    """Delete what is older than this: deliveries with their attempts, recoveries, sums of hours.

    Deliveries that still wait stay, and recoveries that still run. Each batch is a transaction
    of its own, so that others wait for one at most; what is left is for the next run.
    """
    for forget_batch in (_deliveries, _recoveries, _hours):
        _repeat(partial(forget_batch, kept_from))


def _repeat(forget_batch: Callable[[], int]) -> None:
    for _ in range(_MOST_BATCHES):
        with transaction():
            count = forget_batch()
        if count < _BATCH:
            return


def _deliveries(kept_from: datetime) -> int:
    delivery: Any = WebhookDelivery
    query = (
        sa.select(delivery.id)
        .where(delivery.id < id_of("dlv", kept_from, 0), delivery.next_attempt_at.is_(None))
        .order_by(delivery.id)
        .limit(_BATCH)
    )
    # Locked until they are gone: nobody has one sent again meanwhile.
    found = list(db.session.scalars(query.with_for_update(skip_locked=True)))
    if found:
        connection = db.session.connection()
        attempts = WebhookAttempt.delivery_id.in_(found)
        connection.execute(sa.delete(WebhookAttempt).where(attempts))
        connection.execute(sa.delete(WebhookDelivery).where(delivery.id.in_(found)))
    return len(found)


def _recoveries(kept_from: datetime) -> int:
    old = (
        sa.select(WebhookRecovery.id)
        .where(
            WebhookRecovery.id < id_of("rcv", kept_from, 0),
            WebhookRecovery.completed_at < kept_from,
        )
        .limit(_BATCH)
    )
    statement = sa.delete(WebhookRecovery).where(WebhookRecovery.id.in_(old))
    return db.session.connection().execute(statement).rowcount


def _hours(kept_from: datetime) -> int:
    hour: Any = WebhookHour
    old = sa.select(hour.endpoint_id, hour.hour).where(hour.hour < kept_from).limit(_BATCH)
    statement = sa.delete(WebhookHour).where(sa.tuple_(hour.endpoint_id, hour.hour).in_(old))
    return db.session.connection().execute(statement).rowcount
