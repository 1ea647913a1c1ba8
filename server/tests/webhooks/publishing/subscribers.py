"""Endpoints that subscribe to events, and the deliveries that events have led to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from anthyx_server import db, events
from anthyx_server.events import Event
from anthyx_server.webhooks import WebhookEndpoint
from anthyx_server.webhooks.models import WebhookDelivery
from tests.support.apps import Account
from tests.support.webhooks import new_endpoint


def subscribe(account: Account, *event_types: str, **values: Any) -> str:
    """Make an endpoint for these types; its id."""
    with account.app.app_context(), db.transaction():
        return add_endpoint(account, event_types or ("*",), **values)


def add_endpoint(account: Account, event_types: Sequence[str], **values: Any) -> str:
    """Make an endpoint in the open transaction; its id."""
    endpoint = new_endpoint(account, event_types=list(event_types), **values)
    db.db.session.add(endpoint)
    events.in_order(account.workspace_id, account.mode)
    return endpoint.id


def change(account: Account, endpoint_id: str, **values: Any) -> None:
    """Change an endpoint in the open transaction."""
    row = WebhookEndpoint.id == endpoint_id
    db.db.session.execute(sa.update(WebhookEndpoint).where(row).values(**values))
    events.in_order(account.workspace_id, account.mode)


def deliveries(account: Account) -> list[sa.Row[Any]]:
    """The deliveries of all workspaces, in the order of their ids."""
    table = WebhookDelivery.__table__
    with account.app.app_context(), db.db.engine.connect() as connection:
        return list(connection.execute(sa.select(table).order_by(table.c.id)))


def feed(account: Account) -> list[sa.Row[Any]]:
    """Id, type and position of the account's events, in their order."""
    query = sa.select(Event.id, Event.type, Event.position).order_by(Event.position)
    query = query.where(Event.workspace_id == account.workspace_id, Event.mode == account.mode)
    with account.app.app_context(), db.db.engine.connect() as connection:
        return list(connection.execute(query))
