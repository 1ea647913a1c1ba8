"""Pages of posts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam

from anthyx_server import brands, pagination
from anthyx_server.db import is_sqlite, reader
from anthyx_server.posts import search, streams
from anthyx_server.posts.models import PostTarget
from anthyx_server.posts.views import SHOWN_TARGET_COLUMNS, present_row, present_target_row
from anthyx_server.tenancy import Caller, tenant

Rows = Sequence[sa.Row[Any]]

# By the posts alone: an index that starts with the workspace would lead to all its targets.
_targets_query = (
    sa.select(*SHOWN_TARGET_COLUMNS)
    .where(PostTarget.post_id.in_(bindparam("post_ids", expanding=True)))
    .order_by(PostTarget.post_id, PostTarget.position)
)


def list_page(caller: Caller, arguments: dict[str, Any]) -> dict[str, Any]:
    """One page of the posts that the caller's key may see.

    Raises:
        InvalidCursor: the cursor was made elsewhere or for other filters.
        NotFound: the brand that is asked for isn't there for the caller.
    """
    if arguments["brand_id"] is not None:
        brands.find(caller, arguments["brand_id"])
    rows = _rows(caller, arguments, pagination.position(arguments, caller))
    targets = _targets([row[0] for row in rows[: arguments["limit"]]])
    return pagination.page(
        rows, arguments, caller, 2, lambda row: present_row(row, targets.get(row[0], []))
    )


def _rows(caller: Caller, arguments: dict[str, Any], last: tuple[Any, ...] | None) -> Rows:
    given = {name: value for name, value in arguments.items() if value is not None}
    parameters = tenant(caller) | given | {"page_rows": given["limit"] + 1}
    if caller.brand_ids is not None and "brand_id" not in given:
        if not caller.brand_ids:
            return []
        parameters |= _of_brands(sorted(caller.brand_ids))
    words = ""
    if "q" in given:
        way = search.find(caller, given["q"])
        if way is None:
            return []
        words, found = way
        parameters |= found
    after = "start"
    if last is not None:
        after = "untimed" if last[0] is None else "timed"
        parameters["last_time"] = last[0] and datetime.fromisoformat(last[0])
        parameters["last_id"] = last[1]
    sort = sort_of(given)
    shape = streams.Shape(
        sort=sort.removeprefix("-"),
        is_descending=sort.startswith("-"),
        filters=frozenset(streams.FILTERS & parameters.keys()),
        brands=len(parameters.get("brand_ids", ())),
        words=words,
        after=after,
        is_embedded=is_sqlite(reader().engine),
    )
    return reader().rows(streams.page_query(shape), parameters)


def _of_brands(brand_ids: list[str]) -> dict[str, Any]:
    """The parameters that restrict a list to brands."""
    if len(brand_ids) == 1:
        return {"brand_id": brand_ids[0]}
    return {"brand_ids": brand_ids} | {f"brand_{i}": each for i, each in enumerate(brand_ids)}


def sort_of(given: dict[str, Any]) -> str:
    """What is asked for; else the newest first, by the one time that there is a range of."""
    if "sort" in given:
        return str(given["sort"])
    times = {column for name, (column, _) in streams.RANGES.items() if name in given}
    return f"-{times.pop()}" if len(times) == 1 else "-created_at"


def _targets(post_ids: list[str]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    if post_ids:
        for row in reader().rows(_targets_query, {"post_ids": post_ids}):
            found.setdefault(row[0], []).append(present_target_row(row))
    return found
