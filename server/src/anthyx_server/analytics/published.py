"""The posts that were published in a period, page by page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from anthyx_server import clock
from anthyx_server.analytics import metrics
from anthyx_server.analytics.service import Asked
from anthyx_server.db import UTCTime
from anthyx_server.pagination import Order, fetch_page
from anthyx_server.posts import Post
from anthyx_server.tenancy import owned


class _CursorTime(sa.types.TypeDecorator[str]):
    """A time as the text that a cursor can hold."""

    impl = UTCTime
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: sa.Dialect) -> datetime | None:
        """To the database."""
        return None if value is None else datetime.fromisoformat(value)

    def process_result_value(self, value: datetime | None, _dialect: sa.Dialect) -> str | None:
        """From the database."""
        return None if value is None else value.isoformat()


_PUBLISHED_AT = sa.type_coerce(Post.published_at, _CursorTime)
_NEWEST_FIRST = Order((_PUBLISHED_AT, Post.id), is_descending=True)


def list_page(asked: Asked, arguments: dict[str, Any]) -> dict[str, Any]:
    """One page of the posts that were published in the period, newest first.

    Raises:
        InvalidCursor: the cursor was made elsewhere or for other filters.
    """
    (starts_at, ends_at), caller = asked.period.edges, asked.filters.caller
    last = (_PUBLISHED_AT.label("position"), Post.id)
    query = owned(Post, caller, Post.brand_id, Post.published_at, *last).where(
        Post.published_at >= starts_at,
        Post.published_at < ends_at,
        *asked.filters.posts(),
    )
    page = fetch_page(query, _NEWEST_FIRST, arguments, caller, _present)
    return {**page, "as_of": clock.rfc3339(asked.as_of)}


def _present(row: Any) -> dict[str, Any]:
    return {
        "post_id": row.id,
        "brand_id": row.brand_id,
        "published_at": clock.rfc3339(row.published_at),
        "metrics": metrics.values(1),
    }
