"""Reading the feed: pages of the newest events, what came after one, one by its id."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
from flask import current_app
from sqlalchemy import Row, bindparam

from anthyx_server import clock
from anthyx_server.db import db, is_sqlite, reader
from anthyx_server.errors import InvalidCursor, NotFound
from anthyx_server.events import catalogue
from anthyx_server.events.models import Event
from anthyx_server.events.numbering import microseconds
from anthyx_server.events.queries import NEWEST, Shape, page_query
from anthyx_server.events.schemas import OLDEST
from anthyx_server.events.waiting import wait_until
from anthyx_server.ids import PATTERN
from anthyx_server.pagination import page_of, place_after
from anthyx_server.tenancy import Caller, owned_by_tenant, tenant

KEPT_FOR = timedelta(days=30)

_EVENT_ID = re.compile(f"evt_{PATTERN}")
_LAST = 2**62  # beyond every position
# How far an event's creation and its commit may lie apart: a long transaction, a skewed clock.
_APART = timedelta(hours=1)

_BY_ID = owned_by_tenant(
    Event, Event.position.expression, Event.type.expression, Event.brand_id.expression,
    Event.body.expression,
).where(Event.id == bindparam("event_id"), Event.created_at > bindparam("kept_from"))  # fmt: skip
_OF_BRAND = (
    owned_by_tenant(Event, Event.id.expression)
    .where(Event.brand_id == bindparam("brand_id"))
    .limit(1)
)


def find(caller: Caller, event_id: str) -> dict[str, Any]:
    """One event, as it was published.

    Raises:
        NotFound: there is none, it is older than 30 days, or the key may not read it.
    """
    row = _stored(caller, event_id)
    if row is None or not _may_read(caller, row):
        raise NotFound(f"There is no event {event_id[:64]} here.")
    shown: dict[str, Any] = orjson.loads(row.body)
    return shown


def _may_read(caller: Caller, row: Row[Any]) -> bool:
    is_in_sight = caller.brand_ids is None or row.brand_id in caller.brand_ids
    return is_in_sight and row.type in catalogue.visible(caller.scopes)


def list_page(caller: Caller, arguments: dict[str, Any]) -> dict[str, Any]:
    """One page of the newest events.

    Raises:
        InvalidCursor: the cursor was made elsewhere or for other filters.
        NotFound: there is no such brand.
    """
    shape, values = _question(caller, arguments, is_ascending=False)
    place = place_after(arguments, caller)
    if place is not None:
        values["high"] = min(values["high"], place[0])
    rows = reader().rows(page_query(shape), values)
    if not rows:
        _require_brand(caller, arguments["brand_id"])
    return page_of(rows, arguments, caller, _present)


def poll(
    caller: Caller, arguments: dict[str, Any], look_again: Callable[[Caller], None]
) -> dict[str, Any]:
    """What was committed after an event, in that order; waits for it where `wait` says so.

    `look_again` judges the caller's key while the request waits.

    Raises:
        InvalidCursor: `after` is not known, or no longer.
        NotFound: there is no such brand.
        ApiError: the key lost its rights meanwhile.
    """
    shape, values = _question(caller, arguments, is_ascending=True)
    values["low"] = max(values["low"], _position(caller, arguments["after"]))
    newest = _newest(caller) if arguments["wait"] else None
    rows = reader().rows(page_query(shape), values)
    if not rows:
        _require_brand(caller, arguments["brand_id"])

    def has_happened() -> bool:
        nonlocal newest, rows
        now = _newest(caller)
        if now == newest:
            return False
        newest = now
        # A revocation is an event of this feed too.
        look_again(caller)
        rows = reader().rows(page_query(shape), values)
        return bool(rows)

    if not rows and arguments["wait"]:
        wait_until(has_happened, arguments["wait"])
    return page_of(rows, arguments, caller, _present) | {"next_cursor": None}


def _question(
    caller: Caller, arguments: dict[str, Any], *, is_ascending: bool
) -> tuple[Shape, dict[str, Any]]:
    """The query that answers, and its parameters without those that `cursor` and `after` add."""
    types = arguments["types"] or catalogue.visible(caller.scopes)
    brands = _brands(caller, arguments["brand_id"])
    start, end = arguments["created_after"], arguments["created_before"]
    on_sqlite = is_sqlite(reader().engine)
    shape = Shape(
        is_sqlite=on_sqlite,
        is_ascending=is_ascending,
        has_types=brands is not None or types != catalogue.TYPES,
        has_brands=brands is not None,
        has_start=start is not None,
        has_end=end is not None,
    )
    values = tenant(caller) | {
        "low": max(_position_at(each) for each in (_kept_from(), start and start - _APART) if each),
        "high": _position_at(end + _APART) if end else _LAST,
        "page_rows": arguments["limit"] + 1,
        "created_from": start,
        "created_to": end,
        "types": _as_list(types, on_sqlite=on_sqlite),
        "brands": _as_list(brands or (), on_sqlite=on_sqlite),
    }
    return shape, values


def _as_list(texts: Sequence[str], *, on_sqlite: bool) -> Any:
    return orjson.dumps(list(texts)).decode() if on_sqlite else list(texts)


def _brands(caller: Caller, brand_id: str | None) -> list[str] | None:
    """The brands whose events are asked for and may be read; None for all, and for no brand's."""
    if brand_id is None:
        return None if caller.brand_ids is None else sorted(caller.brand_ids)
    if caller.brand_ids is not None and brand_id not in caller.brand_ids:
        raise _no_brand(brand_id)
    return [brand_id]


def _require_brand(caller: Caller, brand_id: str | None) -> None:
    """Check that a brand without events is or was one: else the filter is a mistake."""
    if brand_id is None or reader().rows(_OF_BRAND, tenant(caller) | {"brand_id": brand_id}):
        return
    is_there = brand_id in current_app.extensions["anthyx_brand_lookup"](caller, [brand_id])
    # What follows may wait, and must hold no connection meanwhile.
    db.session.close()
    if not is_there:
        raise _no_brand(brand_id)


def _no_brand(brand_id: str) -> NotFound:
    return NotFound(f"There is no brand {brand_id} here.")


def _position(caller: Caller, after: str) -> int:
    """The position that a poller has come to."""
    if after == OLDEST:
        return 0
    row = _stored(caller, after)
    if row is None or row.position is None:
        raise InvalidCursor(
            "after names no event of this workspace and mode, or one that is older than 30 days: "
            f"send after={OLDEST} to go on with the oldest event that is kept."
        )
    position: int = row.position
    return position


def _stored(caller: Caller, event_id: str) -> Row[Any] | None:
    if not _EVENT_ID.fullmatch(event_id):
        return None
    values = tenant(caller) | {"event_id": event_id, "kept_from": _kept_from()}
    for row in reader().rows(_BY_ID, values):
        return row
    return None


def _newest(caller: Caller) -> int:
    """The position of the newest event in the caller's feed; 0 where there is none."""
    for row in reader().rows(NEWEST, tenant(caller)):
        return int(row.position)
    return 0


def _kept_from() -> datetime:
    return clock.now() - KEPT_FOR


def _position_at(moment: datetime) -> int:
    return microseconds(clock.milliseconds(moment))


def _present(row: Row[Any]) -> orjson.Fragment:
    return orjson.Fragment(row.body)
