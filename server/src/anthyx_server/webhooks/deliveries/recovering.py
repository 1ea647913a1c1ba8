"""The steps of recoveries, which the worker takes: how much at once, and what becomes of a row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from anthyx_server import clock
from anthyx_server.db import db, transaction
from anthyx_server.webhooks.deliveries.recoveries import FIRST_PACE, meant
from anthyx_server.webhooks.models import WebhookDelivery, WebhookEndpoint, WebhookRecovery
from anthyx_server.webhooks.waking import wake_at_commit

# The most deliveries of an endpoint that may be due as more are added; of one whose rate is
# limited, what it takes in ten seconds.
MOST_PACE = 2_000
_SECONDS_AHEAD = 10
_MOST_AT_ONCE = 500

_Delivery: Any = WebhookDelivery


def unfinished() -> Sequence[str]:
    """The recoveries that may have something left, of all workspaces, the oldest first."""
    query = (
        sa.select(WebhookRecovery.id)
        .where(WebhookRecovery.completed_at.is_(None))
        .order_by(WebhookRecovery.id)
    )
    with transaction():
        return db.session.scalars(query.limit(_MOST_AT_ONCE)).all()


def step(recovery_id: str) -> None:
    """Add some deliveries to those that wait, in one transaction; none while others are due.

    A recovery of an endpoint that is disabled rests, until that is enabled or deleted.
    """
    with transaction():
        found = db.session.get(WebhookRecovery, recovery_id)
        if found is None:
            return
        # The endpoint first, as everywhere; whoever changes it now, changes what is to be done.
        target = db.session.scalar(
            sa.select(WebhookEndpoint)
            .where(WebhookEndpoint.id == found.endpoint_id)
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        )
        recovery = db.session.scalar(
            sa.select(WebhookRecovery)
            .where(WebhookRecovery.id == recovery_id, WebhookRecovery.completed_at.is_(None))
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        )
        if target is not None and recovery is not None:
            _advance(recovery, target)


def _advance(recovery: WebhookRecovery, target: WebhookEndpoint) -> None:
    moment = clock.now()
    if target.deleted_at is not None:
        recovery.completed_at = moment
        return
    if target.status != "enabled":
        return
    room = _room(recovery, target, moment)
    if room <= 0:
        return
    delivery_ids = _next(recovery, room)
    if delivery_ids:
        recovery.queued += _queue(recovery, delivery_ids, moment)
        recovery.cursor = delivery_ids[-1]
        wake_at_commit()
    elif recovery.cursor > recovery.low and _is_any_left(recovery):
        # Skipped behind the cursor, by whoever was about it as the endpoint was enabled.
        recovery.cursor = recovery.low
    else:
        recovery.completed_at = moment


def _room(recovery: WebhookRecovery, target: WebhookEndpoint, moment: datetime) -> int:
    """How many more may be due; the pace doubles as often as the endpoint has kept up with it."""
    most = MOST_PACE
    if target.rate_per_second is not None:
        most = min(most, max(FIRST_PACE, _SECONDS_AHEAD * target.rate_per_second))
    due = _count_due(recovery.endpoint_id, most, moment)
    if recovery.queued and due == 0:
        recovery.pace = min(most, recovery.pace * 2)
    elif due >= recovery.pace:
        recovery.pace = max(FIRST_PACE, recovery.pace // 2)
    return min(recovery.pace, most) - due


def _count_due(endpoint_id: str, most: int, moment: datetime) -> int:
    """How many deliveries of an endpoint are due, counted no further than matters."""
    due = sa.select(sa.literal(1)).where(
        _Delivery.endpoint_id == endpoint_id, _Delivery.next_attempt_at <= moment
    )
    few = due.limit(most).subquery()
    return db.session.scalar(sa.select(sa.func.count()).select_from(few)) or 0


def _next(recovery: WebhookRecovery, count: int) -> list[str]:
    """The next deliveries in the order of their ids, merged from the stretches of the statuses."""
    stretches = [
        sa.select(_Delivery.id)
        .where(*meant(recovery, status), _Delivery.id > recovery.cursor, _is_not_of(recovery))
        .order_by(_Delivery.id)
        .limit(count)
        .subquery()
        for status in recovery.statuses
    ]
    merged = sa.union_all(*(sa.select(each.c.id) for each in stretches)).subquery()
    return list(db.session.scalars(sa.select(merged.c.id).order_by(merged.c.id).limit(count)))


def _is_any_left(recovery: WebhookRecovery) -> bool:
    query = sa.select(_Delivery.id).where(*meant(recovery, "skipped"), _is_not_of(recovery))
    return db.session.scalar(query.limit(1)) is not None


def _is_not_of(recovery: WebhookRecovery) -> sa.ColumnElement[bool]:
    of: Any = _Delivery.recovery_id
    return sa.or_(of.is_(None), of != recovery.id)


def _queue(recovery: WebhookRecovery, delivery_ids: list[str], moment: datetime) -> int:
    """Have deliveries wait, due now, with the whole schedule before them; how many there were.

    One that is under way goes on as it does, and one that has succeeded meanwhile is left alone.
    """
    is_failed = _Delivery.status == "failed"
    update = (
        sa.update(WebhookDelivery)
        .where(
            _Delivery.id.in_(delivery_ids),
            _Delivery.status.in_(recovery.statuses),
            _Delivery.lease.is_(None),
        )
        .values(
            status=sa.case((is_failed, "failed"), else_="pending"),
            trigger="recovery",
            round_attempts=0,
            next_attempt_at=moment,
            completed_at=None,
            recovery_id=recovery.id,
        )
    )
    # Locked in the order of ids, as everywhere.
    lock = sa.select(_Delivery.id).where(_Delivery.id.in_(delivery_ids)).order_by(_Delivery.id)
    db.session.execute(lock.with_for_update())
    return db.session.connection().execute(update).rowcount
