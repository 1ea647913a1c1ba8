"""What an endpoint was sent, to look through: each delivery with its latest attempt.

No index holds the type of an event: every delivery would pay for it. A page of one type looks
through so many deliveries at most, however many there are, and says how far back it has looked.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import current_app
from marshmallow import fields, validate

from anthyx_server import clock, events, pagination
from anthyx_server import fields as own
from anthyx_server.db import db
from anthyx_server.tenancy import Caller, owned
from anthyx_server.webhook_settings import WebhookSettings
from anthyx_server.webhooks.deliveries import listing
from anthyx_server.webhooks.deliveries.views import STATUSES, present_row
from anthyx_server.webhooks.models import WebhookAttempt, WebhookDelivery

# Of each status.
LOOKED_THROUGH = 2_000
_Delivery: Any = WebhookDelivery
_Attempt: Any = WebhookAttempt


class LogQuerySchema(pagination.PageQuerySchema):
    """Filters of an endpoint's log."""

    status = fields.String(validate=validate.OneOf(STATUSES), load_default=None)
    event_type = fields.String(validate=validate.OneOf(events.TYPES), load_default=None)
    created_before = own.Time(load_default=None)


def read_page(caller: Caller, endpoint_id: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """A page of deliveries of an endpoint that the caller may see, newest first.

    `looked_back_to` is set where there may be more of the type that is asked for, before then.

    Raises:
        InvalidCursor: the cursor was made elsewhere or for other filters.
    """
    arguments = arguments | {"endpoint_id": endpoint_id}
    end = None if arguments["event_type"] is None else _end_of_search(caller, arguments)
    if end is None:
        rows = listing.read_rows(caller, arguments)
    else:
        rows = listing.read_rows(caller, arguments, low=end[0])
    page = pagination.page(rows, arguments, caller, 1, present_row)
    page["looked_back_to"] = None
    if end is not None and not page["has_more"]:
        page["next_cursor"] = pagination.cursor_at(arguments, caller, end[0])
        page["looked_back_to"] = end[1]
    page["data"] = _with_latest_attempts(page["data"])
    return page


def _end_of_search(caller: Caller, arguments: dict[str, Any]) -> tuple[str, datetime] | None:
    """The id and time of the oldest delivery to look at; None where that is the last of all."""
    place = pagination.position(arguments, caller)
    before = arguments["created_before"]
    high = min(
        listing.HIGHEST if place is None else place[0],
        listing.HIGHEST if before is None else listing.lowest_id(before + listing.APART),
    )
    status = arguments["status"]
    ends = [
        owned(WebhookDelivery, caller, _Delivery.id, _Delivery.created_at)
        .where(
            _Delivery.endpoint_id == arguments["endpoint_id"],
            _Delivery.status == each,
            _Delivery.id < high,
        )
        .order_by(_Delivery.id.desc())
        .offset(LOOKED_THROUGH - 1)
        .limit(1)
        .subquery()
        for each in (STATUSES if status is None else (status,))
    ]
    rows = db.session.execute(sa.union_all(*(sa.select(*each.c) for each in ends))).all()
    return max(((row[0], row[1]) for row in rows), default=None)


def _with_latest_attempts(shown: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each delivery with `latest` (None where none was made), `tries` and `is_due`.

    Those that were forgotten since they were read are left out.
    """
    if not shown:
        return []
    latest = (
        sa.select(_Attempt.id)
        .where(_Attempt.delivery_id == _Delivery.id)
        .order_by(_Attempt.number.desc())
        .limit(1)
        .correlate(WebhookDelivery)
        .scalar_subquery()
    )
    # By their ids alone, found in the caller's scope: asked for the workspace too, SQLite
    # would go through all that it has.
    query = (
        sa.select(
            _Delivery.id,
            _Delivery.trigger,
            _Delivery.round_attempts,
            _Delivery.next_attempt_at,
            _Attempt.trigger,
            _Attempt.duration_ms,
            _Attempt.status_code,
            _Attempt.error_code,
        )
        .outerjoin(WebhookAttempt, _Attempt.id == latest)
        .where(_Delivery.id.in_([each["id"] for each in shown]))
    )
    found = {row[0]: _latest(*row[1:]) for row in db.session.execute(query)}
    return [each | found[each["id"]] for each in shown if each["id"] in found]


def _latest(
    trigger: str,
    round_attempts: int,
    next_attempt_at: datetime | None,
    last_trigger: str | None,
    *answer: Any,
) -> dict[str, Any]:
    names = ("duration_ms", "status_code", "error_code")
    return {
        "tries": tries(last_trigger or trigger, round_attempts),
        "is_due": is_due(next_attempt_at),
        "latest": None if last_trigger is None else dict(zip(names, answer, strict=True)),
    }


def tries(trigger: str, round_attempts: int) -> str:
    """Which try of how many it was, in words."""
    if trigger == "test":
        return "test"
    if trigger == "manual":
        return "by hand"
    if round_attempts == 0:
        return "—"
    settings: WebhookSettings = current_app.extensions["anthyx_webhook_settings"]
    return f"{round_attempts} of {len(settings.retry_seconds) + 1}"


def is_due(next_attempt_at: datetime | None) -> bool:
    """True where an attempt is under way, or will be as soon as a worker gets to it."""
    return next_attempt_at is not None and next_attempt_at <= clock.now()


def read_event(caller: Caller, event_id: str) -> bytes | None:
    """The body that deliveries of an event have, exactly; None where it is not kept any more."""
    query = owned(events.Event, caller, events.Event.body).where(events.Event.id == event_id)
    body: bytes | None = db.session.scalar(query)
    return body
