"""Endpoints by the page, by the number and by what they are for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import func, select

from anthyx_server.db import db
from anthyx_server.pagination import Order, fetch_page
from anthyx_server.tenancy import Caller, locked, owned
from anthyx_server.webhooks.endpoint_views import count_waiting, is_in_sight, view
from anthyx_server.webhooks.finding import living
from anthyx_server.webhooks.models import WebhookEndpoint, WebhookQueue

_NEWEST_FIRST = Order((WebhookEndpoint.id,), is_descending=True)


def lock_those(
    caller: Caller, is_meant: Callable[[WebhookEndpoint], bool]
) -> list[WebhookEndpoint]:
    """The endpoints of the caller's workspace and mode that are meant, locked in id order.

    Only those are locked: who locks others at the same time must not meet this.
    """
    ids = [each.id for each in db.session.scalars(living(caller)) if is_meant(each)]
    query = living(caller).where(WebhookEndpoint.id.in_(ids)).order_by(WebhookEndpoint.id)
    return [each for each in db.session.scalars(locked(query)) if is_meant(each)]


def list_page(caller: Caller, arguments: dict[str, Any]) -> dict[str, Any]:
    """One page of the endpoints that the caller's key may see, newest first.

    Raises:
        InvalidCursor: the cursor was made elsewhere or for other filters.
    """
    query = (
        owned(WebhookEndpoint, caller, WebhookEndpoint, WebhookQueue, WebhookEndpoint.id)
        .outerjoin(WebhookQueue, WebhookQueue.endpoint_id == WebhookEndpoint.id)
        .where(WebhookEndpoint.deleted_at.is_(None))
    )
    if arguments["status"] is not None:
        query = query.where(WebhookEndpoint.status == arguments["status"])
    if caller.brand_ids is not None:
        query = query.where(WebhookEndpoint.id.in_(_ids_in_sight(caller)))
    page = fetch_page(query, _NEWEST_FIRST, arguments, caller, lambda row: {"row": row})
    rows = [each["row"] for each in page["data"]]
    waiting = count_waiting(caller, [row.id for row in rows])
    return page | {"data": [view(row[0], row[1], waiting[row.id]) for row in rows]}


def count_all(workspace_id: str) -> int:
    """How many endpoints count towards the plan's cap: all of both modes."""
    query = (
        select(func.count())
        .select_from(WebhookEndpoint)
        .where(WebhookEndpoint.workspace_id == workspace_id, WebhookEndpoint.deleted_at.is_(None))
    )
    return db.session.scalar(query) or 0


def count_by_encryption_key() -> dict[str, int]:
    """How many endpoints' secrets were sealed with each encryption key."""
    key_id = WebhookEndpoint.encryption_key_id
    query = select(key_id, func.count()).where(key_id.is_not(None)).group_by(key_id)
    return {name: count for name, count in db.session.execute(query) if name is not None}


def _ids_in_sight(caller: Caller) -> list[str]:
    """The plan's cap keeps these few; JSON is not asked alike by both databases."""
    rows = db.session.execute(living(caller, WebhookEndpoint.id, WebhookEndpoint.brand_ids))
    return [endpoint_id for endpoint_id, brand_ids in rows if is_in_sight(caller, brand_ids)]
