"""Keyset pages with signed cursors: no row whose sort value stays is skipped or shown twice."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from flask import current_app, request
from marshmallow import fields
from sqlalchemy import ColumnElement, Row, Select, bindparam, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from anthyx_server import fields as own
from anthyx_server.db import db, reader
from anthyx_server.errors import InvalidCursor
from anthyx_server.tenancy import Caller

_MAC_BYTES = 12


class PageQuerySchema(own.StrictSchema):
    """The parameters of every list."""

    limit = own.QueryNumber(
        minimum=1, maximum=100, load_default=25, metadata={"description": "Items per page."}
    )
    cursor = fields.String(
        load_default=None, metadata={"description": "`next_cursor` of the page before."}
    )


@dataclass(frozen=True)
class Order:
    """How a list is sorted: by columns of which the last is the id, all in one direction."""

    columns: tuple[InstrumentedAttribute[Any] | ColumnElement[Any], ...]
    is_descending: bool


class Pages:
    """A list whose query is built once; its last columns must be those it is ordered by."""

    def __init__(self, query: Select[Any], order: Order) -> None:
        self._width = len(order.columns)
        columns = [column.desc() if order.is_descending else column for column in order.columns]
        self._first = query.order_by(*columns).limit(bindparam("page_rows"))
        last = tuple_(
            *(bindparam(f"last_{i}", type_=each.type) for i, each in enumerate(order.columns))
        )
        position = tuple_(*order.columns)
        self._next = self._first.where(position < last if order.is_descending else position > last)

    def fetch(
        self,
        arguments: dict[str, Any],
        caller: Caller,
        parameters: dict[str, Any],
        present: Callable[[Row[Any]], dict[str, Any]],
    ) -> dict[str, Any]:
        """Run one page, with the parameters that the query has itself.

        Raises:
            InvalidCursor: the cursor was made elsewhere or for other filters.
        """
        scope = _scope(arguments, caller)
        values = parameters | {"page_rows": arguments["limit"] + 1}
        query = self._first
        if arguments["cursor"] is not None:
            query = self._next
            last = _decode(arguments["cursor"], scope)
            values |= {f"last_{i}": value for i, value in enumerate(last)}
        return _page(reader().rows(query, values), arguments["limit"], self._width, scope, present)


def place_after(arguments: dict[str, Any], caller: Caller) -> tuple[Any, ...] | None:
    """Where the page before ended, for a query that goes on from there by itself.

    Raises:
        InvalidCursor: the cursor was made elsewhere or for other filters.
    """
    cursor = arguments["cursor"]
    return None if cursor is None else _decode(cursor, _scope(arguments, caller))


def page_of(
    rows: Sequence[Row[Any]],
    arguments: dict[str, Any],
    caller: Caller,
    present: Callable[[Row[Any]], Any],
) -> dict[str, Any]:
    """The page of rows (`limit` and one where there are more), ordered by their last column."""
    return _page(rows, arguments["limit"], 1, _scope(arguments, caller), present)


def fetch_page(
    query: Select[Any],
    order: Order,
    arguments: dict[str, Any],
    caller: Caller,
    present: Callable[[Row[Any]], dict[str, Any]],
) -> dict[str, Any]:
    """Run one page of `query`, whose last columns must be those it is ordered by.

    Raises:
        InvalidCursor: the cursor was made elsewhere or for other filters.
    """
    limit: int = arguments["limit"]
    scope = _scope(arguments, caller)
    if arguments["cursor"] is not None:
        position = tuple_(*order.columns)
        last = _decode(arguments["cursor"], scope)
        query = query.where(position < last if order.is_descending else position > last)
    columns = [column.desc() if order.is_descending else column for column in order.columns]
    rows = db.session.execute(query.order_by(*columns).limit(limit + 1)).all()
    return _page(rows, limit, len(order.columns), scope, present)


def position(arguments: dict[str, Any], caller: Caller) -> tuple[Any, ...] | None:
    """Where the page that is asked for begins: what the cursor holds, None on the first page.

    Raises:
        InvalidCursor: the cursor was made elsewhere or for other filters.
    """
    cursor = arguments["cursor"]
    return None if cursor is None else _decode(cursor, _scope(arguments, caller))


def page(
    rows: Sequence[Row[Any]],
    arguments: dict[str, Any],
    caller: Caller,
    width: int,
    present: Callable[[Row[Any]], dict[str, Any]],
) -> dict[str, Any]:
    """A page of rows, of which there is one more than was asked for if there is a next page.

    Their last `width` columns are what the cursor of the next page holds: JSON values.
    """
    return _page(rows, arguments["limit"], width, _scope(arguments, caller), present)


def cursor_at(arguments: dict[str, Any], caller: Caller, *place: Any) -> str:
    """The cursor of a page that begins after a place where there may be no row: JSON values."""
    return _encode(place, _scope(arguments, caller))


def _page(
    rows: Sequence[Row[Any]],
    limit: int,
    width: int,
    scope: bytes,
    present: Callable[[Row[Any]], Any],
) -> dict[str, Any]:
    has_more = len(rows) > limit
    rows = rows[:limit]
    return {
        "data": [present(row) for row in rows],
        "has_more": has_more,
        "next_cursor": _encode(rows[-1][-width:], scope) if has_more else None,
    }


def _scope(arguments: dict[str, Any], caller: Caller) -> bytes:
    """What a cursor belongs to: the list, the workspace, the mode and every filter."""
    filters = sorted(
        (name, str(value)) for name, value in arguments.items() if name not in {"limit", "cursor"}
    )
    text = orjson.dumps([request.path, caller.workspace_id, caller.mode, filters])
    return hashlib.sha256(text).digest()


def _mac(payload: bytes, scope: bytes) -> bytes:
    key: bytes = current_app.extensions["anthyx_secret_key"]
    return hmac.digest(key, b"cursor\0" + scope + payload, "sha256")[:_MAC_BYTES]


def _encode(values: Sequence[Any], scope: bytes) -> str:
    payload = orjson.dumps(list(values))
    return _armor(_mac(payload, scope) + payload)


def _armor(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def _decode(cursor: str, scope: bytes) -> tuple[Any, ...]:
    try:
        sealed = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
    except ValueError:
        sealed = b""
    mac, payload = sealed[:_MAC_BYTES], sealed[_MAC_BYTES:]
    is_ours = _armor(sealed) == cursor and hmac.compare_digest(mac, _mac(payload, scope))
    if not is_ours:
        raise InvalidCursor(
            "The cursor does not belong to this list: send next_cursor of the page before, "
            "with the same filters."
        )
    return tuple(orjson.loads(payload))
