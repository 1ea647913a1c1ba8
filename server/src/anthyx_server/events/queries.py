"""The queries behind the feed: each reads as many rows of an index as it shows, whatever is asked.

Where only some types or brands are wanted, each of them (each pair) is looked up by itself in an
index that ends with the position, and the first of all these are taken. A filter over the whole
feed would read on and on where what is wanted is rare.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Select, bindparam
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import aliased

from anthyx_server.events.models import Event, EventFeed
from anthyx_server.tenancy import owned_by_tenant

_SHOWN = (Event.body.expression, Event.position.expression)


class Shape(NamedTuple):
    """What a query of the feed looks like.

    Its parameters are those of `tenant`, `low` and `high` (positions, both exclusive), `page_rows`
    and, where asked for, `types`, `brands`, `created_from` (inclusive) and `created_to`.
    """

    is_sqlite: bool
    is_ascending: bool
    has_types: bool
    has_brands: bool
    has_start: bool
    has_end: bool


NEWEST = owned_by_tenant(EventFeed, EventFeed.position.expression)


@functools.cache
def page_query(shape: Shape) -> Select[Any]:
    """Select body and position of the events between `low` and `high`, the first `page_rows`."""
    if not shape.has_types:
        return _first(owned_by_tenant(Event, *_SHOWN).where(*_within(Event, shape)), Event, shape)
    return _merged_on_sqlite(shape) if shape.is_sqlite else _merged_on_postgresql(shape)


def _within(entity: Any, shape: Shape) -> list[ColumnElement[bool]]:
    found = [entity.position > bindparam("low"), entity.position < bindparam("high")]
    if shape.has_start:
        found.append(entity.created_at >= bindparam("created_from"))
    if shape.has_end:
        found.append(entity.created_at < bindparam("created_to"))
    return found


def _first(query: Select[Any], entity: Any, shape: Shape) -> Select[Any]:
    order = entity.position if shape.is_ascending else entity.position.desc()
    return query.order_by(order).limit(bindparam("page_rows"))


def _merged_on_postgresql(shape: Shape) -> Select[Any]:
    def values(name: str) -> Any:
        given = bindparam(name, type_=postgresql.ARRAY(sa.String))
        return sa.func.unnest(given).table_valued("value").render_derived(f"wanted_{name}")

    wanted, conditions = _wanted(values, Event, shape)
    each = owned_by_tenant(Event, *_SHOWN).where(*conditions, *_within(Event, shape))
    found = _first(each, Event, shape).lateral("found")
    source = _product(wanted).join(found, sa.true())
    return _first(sa.select(found.c.body, found.c.position).select_from(source), found.c, shape)


def _merged_on_sqlite(shape: Shape) -> Select[Any]:
    """SQLite has no LATERAL, but a function in FROM may refer to the tables to its left."""

    def values(name: str) -> Any:
        return sa.func.json_each(bindparam(name)).table_valued("value", name=f"wanted_{name}")

    candidate: Any = aliased(Event)
    wanted, conditions = _wanted(values, candidate, shape)
    each = owned_by_tenant(candidate, candidate.position).where(
        *conditions, *_within(candidate, shape)
    )
    of_each = _first(each, candidate, shape).correlate(*wanted).subquery("of_each")
    listed = sa.select(sa.func.json_group_array(of_each.c.position)).scalar_subquery()
    found = sa.func.json_each(listed).table_valued(sa.column("value", sa.BigInteger), name="found")
    source = _product(wanted).join(found, sa.true())
    order = found.c.value if shape.is_ascending else found.c.value.desc()
    positions = sa.select(found.c.value).select_from(source).order_by(order)
    query = owned_by_tenant(Event, *_SHOWN)
    query = query.where(Event.position.in_(positions.limit(bindparam("page_rows"))))
    return _first(query, Event, shape)


def _wanted(
    values: Callable[[str], Any], entity: Any, shape: Shape
) -> tuple[list[Any], list[ColumnElement[bool]]]:
    """The lists of what is wanted as tables, and what joins an event to them."""
    types = values("types")
    tables, conditions = [types], [entity.type == types.c.value]
    if shape.has_brands:
        brands = values("brands")
        tables.append(brands)
        conditions.append(entity.brand_id == brands.c.value)
    return tables, conditions


def _product(tables: list[Any]) -> Any:
    """Every row of one with every row of the other."""
    return functools.reduce(lambda left, right: left.join(right, sa.true()), tables)
