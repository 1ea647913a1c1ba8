"""Counting published posts in the database: by ranges of time, with one statement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from anthyx_server.analytics.filters import Filters
from anthyx_server.db import UTCTime, db, is_sqlite
from anthyx_server.posts import Post, PostTarget
from anthyx_server.tenancy import owned

_GROUPS: dict[str | None, sa.ColumnElement[Any]] = {
    None: sa.null(),
    "brand": Post.brand_id.expression,
    "channel": PostTarget.channel_id.expression,
    "platform": PostTarget.platform.expression,
}
_OF_TARGETS = frozenset({"channel", "platform"})


def count(filters: Filters, edges: Sequence[datetime]) -> list[int]:
    """How many posts were published from each edge on, before the next one.

    `edges` are in order; two are the same where a time zone has skipped a day.
    """
    counted = count_groups(filters, edges, None, 1)
    return counted.get(None, [0] * (len(edges) - 1))


def count_groups(
    filters: Filters, edges: Sequence[datetime], group_by: str | None, most_groups: int
) -> dict[str | None, list[int]]:
    """As `count`, by group; a post counts once in each group that it was published in.

    Groups without posts are left out. Where there are over `most_groups`, some of them may be.
    """
    buckets = len(edges) - 1
    statement = (_by_range if is_sqlite(db.engine) else _by_width)(filters, edges, group_by)
    # Apart: the bound would make PostgreSQL read all posts in the order of the groups.
    counted = statement.cte("counted").prefix_with("MATERIALIZED", dialect="postgresql")
    rows = db.session.execute(sa.select(counted).limit((most_groups + 1) * buckets))
    found: dict[str | None, list[int]] = {}
    for group, bucket, posts in rows:
        found.setdefault(group, [0] * buckets)[bucket - 1] = posts
    return found


def _by_width(filters: Filters, edges: Sequence[datetime], group_by: str | None) -> sa.Select[Any]:
    """For PostgreSQL, which finds a moment's bucket by binary search.

    Of a join with the ranges it would compare each post with each range.
    """
    moments = sa.literal(list(edges), postgresql.ARRAY(sa.TIMESTAMP(timezone=True)))
    bucket = sa.func.width_bucket(Post.published_at, moments).label("bucket")
    within = (Post.published_at >= edges[0], Post.published_at < edges[-1])
    return _counted(filters, bucket, group_by).where(*within)


def _by_range(filters: Filters, edges: Sequence[datetime], group_by: str | None) -> sa.Select[Any]:
    """For SQLite: the ranges come as rows, and each is read from the index by its bounds."""
    columns = (
        sa.column("bucket", sa.Integer),
        sa.column("starts_at", UTCTime),
        sa.column("ends_at", UTCTime),
    )
    rows = [(number, *ends) for number, ends in enumerate(pairwise(edges), start=1)]
    ranges = sa.values(*columns, name="ranges").data(rows).cte("ranges")
    within = (Post.published_at >= ranges.c.starts_at, Post.published_at < ranges.c.ends_at)
    return _counted(filters, ranges.c.bucket, group_by).where(*within)


def _counted(
    filters: Filters, bucket: sa.ColumnElement[int], group_by: str | None
) -> sa.Select[Any]:
    """Rows of group, bucket and number of posts."""
    group = _GROUPS[group_by].label("of_group")
    # Only a platform can hold one post twice: by two of its channels.
    posts = sa.func.count(Post.id.distinct()) if group_by == "platform" else sa.func.count()
    query = owned(Post, filters.caller, group, bucket, posts)
    if group_by in _OF_TARGETS:
        query = query.where(*filters.targets(), *filters.of_brands(Post.brand_id))
    else:
        query = query.where(*filters.posts())
    return query.group_by(bucket) if group_by is None else query.group_by(group, bucket)
