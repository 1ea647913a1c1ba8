"""Webhooks that are really sent: endpoints that sign, events for them, and what became of these."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from anthyx_server import db, events
from anthyx_server.ids import new_id
from anthyx_server.webhooks.models import (
    WebhookAttempt,
    WebhookDelivery,
    WebhookQueue,
)
from anthyx_server.webhooks.secret import Secrets, new_secret, seal, seal_headers
from tests.support.apps import Account
from tests.support.webhooks import new_endpoint, put_on_record


def subscribe(account: Account, url: str, *, secret: str | None = None, **values: Any) -> str:
    """An enabled endpoint that is told everything; its id."""
    headers = values.pop("headers", None)
    names = sorted(headers or ())
    chosen = {"url": url, "event_types": ["*"], "header_names": names} | values
    endpoint = new_endpoint(account, **chosen)
    with account.app.app_context():
        seal(endpoint, Secrets(secret or new_secret()))
        if headers:
            seal_headers(endpoint, headers)
    return put_on_record(account, endpoint)


def publish(account: Account, count: int = 1, size: int = 0) -> list[str]:
    """So many events in one transaction, each larger than `size` bytes; their ids."""
    with account.app.app_context(), db.transaction():
        made = [
            events.publish(
                account.caller,
                "brand.created",
                ("brand", new_id("brand")),
                {"name": "x" * size, "number": number},
            )
            for number in range(count)
        ]
        return [event.id for event in made]


def deliveries(account: Account, **values: Any) -> Sequence[WebhookDelivery]:
    """The deliveries with these values, the oldest first, free of any session."""
    query = sa.select(WebhookDelivery).filter_by(**values).order_by(WebhookDelivery.id)
    return _all(account, query)


def attempts(account: Account, **values: Any) -> Sequence[WebhookAttempt]:
    """The attempts with these values, in the order in which they were recorded."""
    query = sa.select(WebhookAttempt).filter_by(**values).order_by(WebhookAttempt.id)
    return _all(account, query)


def line(account: Account, endpoint_id: str) -> WebhookQueue:
    """What the engine keeps of an endpoint."""
    (row,) = _all(account, sa.select(WebhookQueue).filter_by(endpoint_id=endpoint_id))
    found: WebhookQueue = row
    return found


def change(account: Account, model: Any, where: dict[str, Any], **values: Any) -> None:
    """Set columns of rows."""
    with account.app.app_context(), db.transaction():
        db.db.session.execute(sa.update(model).filter_by(**where).values(values))


def count(account: Account, **values: Any) -> int:
    """How many deliveries have these values."""
    query = sa.select(sa.func.count()).select_from(WebhookDelivery).filter_by(**values)
    with account.app.app_context():
        return int(db.db.session.scalar(query) or 0)


def _all(account: Account, query: Any) -> Sequence[Any]:
    with account.app.app_context():
        rows = db.db.session.scalars(query).all()
        db.db.session.expunge_all()
        return rows
