"""The queries behind lists of deliveries: whatever is asked for is some stretches of an index.

Every index of lists ends with the status and the id. A page is merged from the stretches of the
statuses that are asked for, and where a key is restricted to some brands, from those of each.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Select, bindparam
from sqlalchemy.sql import operators

from anthyx_server.tenancy import owned_by_tenant
from anthyx_server.webhooks.deliveries.views import SHOWN_COLUMNS, STATUSES
from anthyx_server.webhooks.models import WebhookAttempt, WebhookDelivery

# Pages are merged from so many brands at most; for more, deliveries of all are looked through.
MOST_BRANDS = 50
# More than an endpoint can have in flight: those that were claimed are the first to be due.
_MOST_UNDER_WAY = 100

Delivery: Any = WebhookDelivery
# An event has few deliveries; then what narrows most.
_LEADS = ("event_id", "endpoint_id", "brand_id")
_RANGES = {"created_after": operators.ge, "created_before": operators.lt}
FILTERS = frozenset({*_LEADS, *_RANGES, "status", "event_type"})


class Shape(NamedTuple):
    """What decides how a list is queried; values are parameters.

    `brands` is how many brands a restricted key sees, 0 where it is not restricted or one brand is
    asked for.
    """

    filters: frozenset[str]
    brands: int
    is_embedded: bool


@functools.lru_cache(maxsize=512)
def page_query(shape: Shape) -> Select[Any]:
    """One page, the newest first: `SHOWN_COLUMNS`, then the id.

    Its parameters are those of `tenant`, the filters by their names, `low` and `high` (ids, high
    exclusive: where the page before ended), `brand_0` and on and `brand_ids`, and `page_rows`.
    """
    lead = _lead(shape)
    stretches = [
        _stretch(shape, lead, status, brand)
        for status in _statuses(shape, lead)
        for brand in (range(shape.brands) if lead == "brands" else (None,))
    ]
    merged = sa.union_all(*(sa.select(*each.subquery().c) for each in stretches)).subquery("merged")
    page = sa.select(merged.c.id).order_by(merged.c.id.desc())
    kept = page.limit(bindparam("page_rows")).subquery("page")
    query = owned_by_tenant(Delivery, *SHOWN_COLUMNS, Delivery.id.label("last_id"))
    return query.join(kept, kept.c.id == Delivery.id).order_by(Delivery.id.desc())


def _lead(shape: Shape) -> str | None:
    for name in _LEADS:
        if name in shape.filters:
            return name
    return "brands" if 0 < shape.brands <= MOST_BRANDS else None


def _statuses(shape: Shape, lead: str | None) -> tuple[str | None, ...]:
    """The statuses whose stretches are merged; None for one of any status."""
    if lead == "event_id":
        return (None,)
    return ("asked",) if "status" in shape.filters else STATUSES


def _stretch(shape: Shape, lead: str | None, status: str | None, brand: int | None) -> Select[Any]:
    query = sa.select(Delivery.id).where(*_of_tenant(shape, lead))
    if brand is not None:
        query = query.where(Delivery.brand_id == bindparam(f"brand_{brand}"))
    elif shape.brands:
        among: Any = bindparam("brand_ids", expanding=True)
        query = query.where(_following(shape, Delivery.brand_id).in_(among))
    if status is not None and status != "asked":
        query = query.where(Delivery.status == sa.literal(status))
    for name in sorted(shape.filters):
        query = query.where(*_condition(shape, lead, name))
    query = query.where(Delivery.id >= bindparam("low"), Delivery.id < bindparam("high"))
    return query.order_by(Delivery.id.desc()).limit(bindparam("page_rows"))


def _of_tenant(shape: Shape, lead: str | None) -> list[ColumnElement[bool]]:
    owner = (("workspace_id", "tenant_id"), ("mode", "tenant_mode"))
    columns: Any = ((getattr(Delivery, name), bindparam(value)) for name, value in owner)
    if lead is None:
        return [column == value for column, value in columns]
    return [_following(shape, column) == value for column, value in columns]


def _condition(shape: Shape, lead: str | None, name: str) -> list[ColumnElement[bool]]:
    value: Any = bindparam(name)
    if name in _RANGES:
        time = _following(shape, Delivery.created_at)
        return [_RANGES[name](time, bindparam(name, type_=Delivery.created_at.type))]
    column = getattr(Delivery, name)
    is_by_index = name == lead or (name == "status" and lead != "event_id")
    return [(column if is_by_index else _following(shape, column)) == value]


def _following(shape: Shape, column: Any) -> ColumnElement[Any]:
    """A column whose index is not to be used: SQLite takes any that is there."""
    if not shape.is_embedded:
        return column.expression  # type: ignore[no-any-return]
    plus: Any = operators.custom_op("+")
    return sa.UnaryExpression(column.expression, operator=plus, type_=column.type)


@functools.lru_cache(maxsize=256)
def by_sequence_query(shape: Shape) -> Select[Any]:
    """One page of an endpoint's deliveries, the lowest sequence first, and the sequence last.

    A sequence is given by the claim, and noted in an index as the first attempt is put on record.
    Deliveries whose first attempt is under way are among those that are due first: they are looked
    for there. Parameters as of `page_query`, and `after_sequence`.
    """
    tried = (
        owned_by_tenant(
            WebhookAttempt,
            WebhookAttempt.delivery_id.label("id"),
            WebhookAttempt.sequence.expression,
        )
        .join(Delivery, Delivery.id == WebhookAttempt.delivery_id)
        .where(
            WebhookAttempt.endpoint_id == bindparam("endpoint_id"),
            WebhookAttempt.number == sa.literal_column("1"),
            WebhookAttempt.sequence > bindparam("after_sequence", type_=sa.BigInteger),
            *_chosen(shape, Delivery),
        )
        .order_by(WebhookAttempt.sequence)
        .limit(bindparam("page_rows"))
        .subquery("tried")
    )
    first_due = (
        owned_by_tenant(Delivery, Delivery.__table__)
        .where(
            Delivery.endpoint_id == bindparam("endpoint_id"), Delivery.next_attempt_at.is_not(None)
        )
        .order_by(Delivery.next_attempt_at)
        .limit(_MOST_UNDER_WAY)
        .subquery("first_due")
    )
    under_way = sa.select(first_due.c.id, first_due.c.sequence).where(
        first_due.c.lease.is_not(None),
        first_due.c.attempts_made == sa.literal_column("1"),
        first_due.c.sequence > bindparam("after_sequence", type_=sa.BigInteger),
        *_chosen(shape, first_due.c),
    )
    merged = sa.union_all(sa.select(*tried.c), under_way).subquery("merged")
    page = sa.select(merged.c.id, merged.c.sequence).order_by(merged.c.sequence)
    kept = page.limit(bindparam("page_rows")).subquery("page")
    query = owned_by_tenant(Delivery, *SHOWN_COLUMNS, kept.c.sequence.label("last_sequence"))
    return query.join(kept, kept.c.id == Delivery.id).order_by(kept.c.sequence)


def _chosen(shape: Shape, columns: Any) -> list[ColumnElement[bool]]:
    """What all other filters leave of an endpoint's deliveries."""
    found: list[ColumnElement[bool]] = []
    for name in sorted(shape.filters - {"endpoint_id"}):
        if name in _RANGES:
            value: Any = bindparam(name, type_=Delivery.created_at.type)
            found.append(_RANGES[name](columns.created_at, value))
        else:
            found.append(getattr(columns, name) == bindparam(name))
    if shape.brands:
        found.append(columns.brand_id.in_(bindparam("brand_ids", expanding=True)))
    return found
