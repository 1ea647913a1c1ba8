"""The queries behind lists of posts: what is filtered and sorted by is a stretch of an index.

A page is merged from streams: the posts with a time and those without, and where a key is
restricted to some brands, those of each. Every stream is in the list's order and as long as a page.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Select, bindparam
from sqlalchemy.orm import InstrumentedAttribute, aliased
from sqlalchemy.sql import operators

from anthyx_server.posts import search
from anthyx_server.posts.models import FACET_SORT_COLUMNS, Post, PostTag, PostTarget
from anthyx_server.posts.views import SHOWN_COLUMNS
from anthyx_server.shown import as_shown
from anthyx_server.tenancy import owned_by_tenant

# Pages are merged from so many brands at most; for more, posts of all brands are looked through.
MOST_BRANDS = 50
RANGES = {
    "scheduled_after": ("scheduled_at", ">="),
    "scheduled_before": ("scheduled_at", "<"),
    "published_after": ("published_at", ">="),
    "published_before": ("published_at", "<"),
    "created_after": ("created_at", ">="),
    "created_before": ("created_at", "<"),
    "updated_since": ("updated_at", ">="),
}
# Filters by tables of their own, and those by the post's; each narrowest first.
_JOINED: dict[str, InstrumentedAttribute[Any]] = {
    "channel_id": PostTarget.channel_id,
    "tag": PostTag.tag,
    "platform": PostTarget.platform,
}
_OWN: dict[str, InstrumentedAttribute[Any]] = {
    "campaign": Post.campaign,
    "assignee": Post.assignee,
    "brand_id": Post.brand_id,
    "review_status": Post.review_status,
    "state": Post.state,
}
FILTERS = frozenset(_JOINED | _OWN | RANGES)
_NULLABLE = frozenset({"scheduled_at", "published_at"})


class Shape(NamedTuple):
    """What decides how a list is queried; values are parameters.

    `brands` is how many brands a restricted key sees, 0 where it is not restricted or one brand is
    asked for. `words` is how `search` looks for words, `after` where the page begins: `start`, or
    after a post that is `timed` or `untimed`.
    """

    sort: str
    is_descending: bool
    filters: frozenset[str]
    brands: int
    words: str
    after: str
    is_embedded: bool


@functools.lru_cache(maxsize=1024)
def page_query(shape: Shape) -> Select[Any]:
    """One page: `SHOWN_COLUMNS`, then the time that is sorted by and the id."""
    streams = _Streams(shape)
    found = streams.all()
    if len(found) == 1 and not streams.is_split:
        return found[0].with_only_columns(*SHOWN_COLUMNS, *streams.position)
    # Only what is sorted by is merged; whole rows are fetched for what is left.
    merged = sa.union_all(*(sa.select(*each.subquery().c) for each in found)).subquery("merged")
    page = sa.select(*merged.c).order_by(*_merged_order(shape, *merged.c))
    kept = page.limit(bindparam("page_rows")).subquery("page")
    query = owned_by_tenant(Post, *SHOWN_COLUMNS, *kept.c).join(kept, kept.c.last_id == Post.id)
    return query.order_by(*_merged_order(shape, *kept.c))


def _merged_order(
    shape: Shape, time: ColumnElement[Any], post_id: ColumnElement[Any]
) -> list[ColumnElement[Any]]:
    """What has no time comes last."""
    columns = [time.desc(), post_id.desc()] if shape.is_descending else [time, post_id]
    return [time.is_(None), *columns]


class _Streams:
    """The streams of one shape.

    The narrowest filter leads: its index is in the order of the list. On SQLite, which takes an
    index wherever there is one, the other conditions are kept from theirs. PostgreSQL knows how
    many rows each of them leaves.
    """

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._leading = self._find_leading()
        self._table: Any = _JOINED[self._leading].class_ if self._leading in _JOINED else Post
        is_post = self._table is Post
        self._time = getattr(self._table, shape.sort if is_post else f"post_{shape.sort}")
        self._id: Any = getattr(self._table, "id" if is_post else "post_id")
        # Where few posts have the words, those are fetched and sorted.
        is_few = shape.words == search.FEW
        self._key = tuple(
            self._following(each) if is_few else each for each in (self._time, self._id)
        )

    @property
    def position(self) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
        """What a page is sorted by, as cursors hold it."""
        return as_shown(self._time).label("last_time"), self._id.label("last_id")

    def all(self) -> list[Select[Any]]:
        """Every stream, from where the page begins."""
        if self._leading != "brands":
            return self._segments(self._base())
        of_brands = [
            self._base().where(Post.brand_id == bindparam(f"brand_{number}"))
            for number in range(self._shape.brands)
        ]
        return [stream for base in of_brands for stream in self._segments(base)]

    def _find_leading(self) -> str | None:
        shape = self._shape
        if shape.words == search.FEW:
            return None
        for name in (*_JOINED, *_OWN):
            if name in shape.filters and (shape.sort in FACET_SORT_COLUMNS or name == "brand_id"):
                is_wide = name in {"platform", "review_status", "state"}
                return "brands" if is_wide and self._are_brands_few else name
        return "brands" if self._are_brands_few else None

    @property
    def _are_brands_few(self) -> bool:
        return 0 < self._shape.brands <= MOST_BRANDS

    def _base(self) -> Select[Any]:
        """The posts that all filters leave, in no order."""
        shape = self._shape
        if shape.words == search.FEW:
            query = self._of_tenant_following()
        else:
            query = owned_by_tenant(self._table, *self.position)
        filters = sorted(shape.filters - self._said_by_cursor)
        is_about_posts = shape.brands or shape.words or {*filters} - {self._leading}
        if self._table is not Post and (is_about_posts or not self.is_split):
            query = query.join(Post, Post.id == self._id)
        for name in filters:
            query = query.where(self._condition(name))
        if shape.brands and self._leading != "brands":
            among: Any = bindparam("brand_ids", expanding=True)
            query = query.where(self._following(Post.brand_id).in_(among))
        return query.where(*search.conditions(shape.words))

    @property
    def is_split(self) -> bool:
        """True where the list may hold posts without the time that it is sorted by."""
        ranged = {RANGES[name][0] for name in RANGES.keys() & self._shape.filters}
        return self._shape.sort in _NULLABLE - ranged

    @property
    def _said_by_cursor(self) -> set[str]:
        """The end of a range that the cursor stands inside of: it would hide it from SQLite."""
        if self._shape.after != "timed":
            return set()
        end = "<" if self._shape.is_descending else ">="
        return {name for name, limit in RANGES.items() if limit == (self._shape.sort, end)}

    def _of_tenant_following(self) -> Select[Any]:
        """As `owned_by_tenant`, which every index of lists would serve."""
        return sa.select(*self.position).where(
            self._following(Post.workspace_id) == bindparam("tenant_id"),
            self._following(Post.mode) == bindparam("tenant_mode"),
        )

    def _condition(self, name: str) -> Any:
        if name in RANGES:
            time, compare = RANGES[name]
            is_sorted_by = time == self._shape.sort
            limited: Any = self._key[0] if is_sorted_by else self._following(getattr(Post, time))
            limit: Any = bindparam(name, type_=limited.type)
            return limited >= limit if compare == ">=" else limited < limit
        column = {**_JOINED, **_OWN}[name]
        value: Any = bindparam(name, type_=sa.String())
        if name == self._leading:
            return column == value
        if name in _OWN:
            return self._following(column) == value
        # Of this post's own rows: an index of lists would lead to all that have the value.
        other: Any = aliased(column.class_)
        held = self._following(getattr(other, column.key))
        return sa.select(sa.literal(1)).where(other.post_id == Post.id, held == value).exists()

    def _following(self, column: Any) -> ColumnElement[Any]:
        """A column whose index is not to be used."""
        if not self._shape.is_embedded:
            return column.expression  # type: ignore[no-any-return]
        plus: Any = operators.custom_op("+")
        return sa.UnaryExpression(column.expression, operator=plus, type_=column.type)

    def _segments(self, base: Select[Any]) -> list[Select[Any]]:
        """The posts with a time, then those without."""
        shape, time = self._shape, self._key[0]
        found = []
        if shape.after != "untimed":
            timed = base.where(time.is_not(None)) if self.is_split else base
            found.append(self._ordered(timed, self._key, shape.after == "timed"))
        if self.is_split:
            untimed = base.where(time.is_(None))
            found.append(self._ordered(untimed, self._key[1:], shape.after == "untimed"))
        return found

    def _ordered(
        self,
        query: Select[Any],
        columns: tuple[Any, ...],
        is_next: bool,  # noqa: FBT001
    ) -> Select[Any]:
        if is_next:
            last = {"last_time": self._time.type, "last_id": sa.String()}
            names = list(last)[-len(columns) :]
            position = sa.tuple_(*columns)
            after = sa.tuple_(*(bindparam(name, type_=last[name]) for name in names))
            query = query.where(position < after if self._shape.is_descending else position > after)
        order = [each.desc() for each in columns] if self._shape.is_descending else columns
        return query.order_by(*order).limit(bindparam("page_rows"))
