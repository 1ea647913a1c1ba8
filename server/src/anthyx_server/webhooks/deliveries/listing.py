"""Pages of deliveries, and one with its attempts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy import Select

from anthyx_server import pagination
from anthyx_server.db import db, is_sqlite, reader
from anthyx_server.errors import NotFound
from anthyx_server.ids import id_of
from anthyx_server.tenancy import Caller, one, owned, tenant
from anthyx_server.webhooks import finding
from anthyx_server.webhooks.deliveries import queries
from anthyx_server.webhooks.deliveries.views import present, present_attempt, present_row
from anthyx_server.webhooks.models import WebhookAttempt, WebhookDelivery

# A delivery with more attempts shows the latest: their answers may be 16 KiB each.
MOST_ATTEMPTS = 50
# An id may be made a little later than the time that the row is created at: that of a test.
APART = timedelta(milliseconds=250)
LOWEST, HIGHEST = "dlv_", "dlv_~"


def lowest_id(moment: datetime) -> str:
    """What no delivery that was created at a time or later has an id below of."""
    return id_of("dlv", moment, 0)


def list_page(caller: Caller, arguments: dict[str, Any]) -> dict[str, Any]:
    """One page of the deliveries that the caller's key may see.

    Raises:
        InvalidCursor: the cursor was made elsewhere or for other filters.
        NotFound: there is no such endpoint or brand for the caller.
    """
    if arguments["endpoint_id"] is not None:
        finding.find_on_record(caller, arguments["endpoint_id"])
    brand_id = arguments["brand_id"]
    if brand_id is not None and caller.brand_ids is not None and brand_id not in caller.brand_ids:
        raise _no_brand(brand_id)
    rows = read_rows(caller, arguments)
    if not rows and brand_id is not None:
        _require_brand(caller, brand_id)
    return pagination.page(rows, arguments, caller, 1, present_row)


def read_rows(
    caller: Caller, arguments: dict[str, Any], *, low: str = LOWEST
) -> Sequence[sa.Row[Any]]:
    """The rows of a page, and one more where there are more; none with an id below `low`.

    Raises:
        InvalidCursor: the cursor was made elsewhere or for other filters.
    """
    given = {name: value for name, value in arguments.items() if value is not None}
    parameters = tenant(caller) | given | {"page_rows": given["limit"] + 1}
    brands: list[str] = []
    if caller.brand_ids is not None and "brand_id" not in given:
        brands = sorted(caller.brand_ids)
        if not brands:
            return []
        parameters |= {"brand_ids": brands}
        parameters |= {f"brand_{number}": each for number, each in enumerate(brands)}
    place = pagination.position(arguments, caller)
    shape = queries.Shape(
        filters=frozenset(queries.FILTERS & given.keys()),
        brands=len(brands),
        is_embedded=is_sqlite(reader().engine),
    )
    if "after_sequence" in given:
        parameters["after_sequence"] = given["after_sequence"] if place is None else place[0]
        return reader().rows(queries.by_sequence_query(shape), parameters)
    parameters |= _ids_between(given.get("created_after"), given.get("created_before"))
    parameters["low"] = max(parameters["low"], low)
    if place is not None:
        # One end alone: of two, SQLite might take the farther one.
        parameters["high"] = min(parameters["high"], place[0])
    return reader().rows(queries.page_query(shape), parameters)


def _ids_between(start: datetime | None, end: datetime | None) -> dict[str, str]:
    """The ids that deliveries of a time can have."""
    return {
        "low": LOWEST if start is None else lowest_id(start),
        "high": HIGHEST if end is None else lowest_id(end + APART),
    }


def _require_brand(caller: Caller, brand_id: str) -> None:
    """Check that a brand without deliveries is or was one: else the filter is a mistake."""
    if brand_id in current_app.extensions["anthyx_brand_lookup"](caller, [brand_id]):
        return
    known = owned(WebhookDelivery, caller, WebhookDelivery.id)
    if db.session.scalar(known.where(WebhookDelivery.brand_id == brand_id).limit(1)) is None:
        raise _no_brand(brand_id)


def _no_brand(brand_id: str) -> NotFound:
    return NotFound(f"There is no brand {brand_id} here.")


def visible(caller: Caller, delivery_id: str) -> Select[Any]:
    """Select a delivery, if the caller's key may see it: its event's brand decides."""
    query = owned(WebhookDelivery, caller).where(WebhookDelivery.id == delivery_id)
    if caller.brand_ids is None:
        return query
    return query.where(WebhookDelivery.brand_id.in_(caller.brand_ids))


def find(caller: Caller, delivery_id: str) -> WebhookDelivery:
    """One delivery.

    Raises:
        NotFound: there is none that the caller may see.
    """
    return one(WebhookDelivery, visible(caller, delivery_id), "webhook delivery", delivery_id)


def show_with_attempts(caller: Caller, delivery_id: str) -> dict[str, Any]:
    """A delivery and its latest attempts, the first of them first.

    Raises:
        NotFound: there is none that the caller may see.
    """
    delivery = find(caller, delivery_id)
    latest = (
        owned(WebhookAttempt, caller)
        .where(WebhookAttempt.delivery_id == delivery.id)
        .order_by(WebhookAttempt.number.desc())
        .limit(MOST_ATTEMPTS)
    )
    attempts = [present_attempt(each, delivery) for each in db.session.scalars(latest)]
    return present(delivery) | {"attempts": attempts[::-1]}
