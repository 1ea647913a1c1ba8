"""Lists: one page at a time, or all items one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Generic

from ._answers import foreign_shape
from ._engine import Engine
from ._json import JSON, parse_time
from ._models import AnyModel, DecodeError, decode_model
from ._response import NO_RESPONSE, APIResponse, ResponseInfo
from ._wire import QueryValue, new_request

_LARGEST_PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[AnyModel]):
    """One page of a list; `next_cursor` is where the next begins, None on the last.

    `as_of` is when the numbers of a page of analytics were read, None on other lists.
    """

    data: tuple[AnyModel, ...]
    has_more: bool
    next_cursor: str | None
    as_of: datetime | None = None
    response: ResponseInfo = field(default=NO_RESPONSE, compare=False, repr=False)

    def __iter__(self) -> Iterator[AnyModel]:
        return iter(self.data)

    def __len__(self) -> int:
        return len(self.data)


@dataclass(frozen=True, slots=True)
class PageRequest:
    """What a list asks for, apart from where it begins.

    `limit` caps the items of an iteration (None: all), `page_size` those of a request (1 to 100;
    None: 100, or `limit` if that is less).

    Raises:
        ValueError: `limit` is negative, or `page_size` is not from 1 to 100.
    """

    path: str
    query: Mapping[str, QueryValue]
    limit: int | None
    page_size: int | None
    cursor: str | None

    def __post_init__(self) -> None:
        if self.limit is not None and self.limit < 0:
            raise ValueError("limit can't be negative")
        if self.page_size is not None and not 1 <= self.page_size <= _LARGEST_PAGE:
            raise ValueError(f"page_size is from 1 to {_LARGEST_PAGE}")

    def size(self, left: int | None) -> int:
        """How many items to ask for while `left` are still wanted."""
        size = self.page_size or _LARGEST_PAGE
        return size if left is None else max(1, min(size, left))


class Pages(Generic[AnyModel]):
    """A list of the API. Iterating fetches page after page, each only when it is needed.

    Every iteration starts anew. Each page costs one request, which can raise any APIError.
    """

    def __init__(self, engine: Engine, item: type[AnyModel], asked: PageRequest) -> None:
        self._engine = engine
        self._item = item
        self._asked = asked

    def __iter__(self) -> Iterator[AnyModel]:
        left = self._asked.limit
        if left == 0:
            return
        for page in self._pages():
            for item in page:
                yield item
                if left is not None:
                    left -= 1
                    if left == 0:
                        return

    def page(self) -> Page[AnyModel]:
        """The first page, with one request."""
        return self._fetch(self._asked.cursor, self._asked.limit)

    def _pages(self) -> Iterator[Page[AnyModel]]:
        cursor, left = self._asked.cursor, self._asked.limit
        while True:
            page = self._fetch(cursor, left)
            yield page
            if not page.has_more:
                return
            if page.next_cursor in (None, cursor):
                raise foreign_shape(page.response, DecodeError("the list doesn't move on"))
            cursor = page.next_cursor
            left = None if left is None else left - len(page)

    def _fetch(self, cursor: str | None, left: int | None) -> Page[AnyModel]:
        query = {**self._asked.query, "limit": self._asked.size(left), "cursor": cursor}
        return self._ask(query)

    def _ask(self, query: Mapping[str, QueryValue], *, counted: bool = True) -> Page[AnyModel]:
        path = self._asked.path
        answer = self._engine.run(new_request("GET", path, query=query, counted=counted))
        try:
            return _decode_page(self._item, answer, self._decode)
        except DecodeError as error:
            raise foreign_shape(answer.response, error) from None

    def _decode(self, data: JSON, response: ResponseInfo) -> AnyModel:
        return decode_model(self._item, data, response=response)


def _decode_page(
    item: type[AnyModel],
    answer: APIResponse,
    decode: Callable[[JSON, ResponseInfo], AnyModel] | None = None,
) -> Page[AnyModel]:
    data = answer.data
    if not isinstance(data, dict):
        raise DecodeError("a list is not an object")
    items, cursor = data.get("data"), data.get("next_cursor")
    if not isinstance(items, list) or not (cursor is None or isinstance(cursor, str)):
        raise DecodeError("a list has no data, or a wrong cursor")
    # An ETag of the page is not one of its items: `if_match=` would never fit.
    of_item = replace(answer.response, etag=None)
    return Page(
        data=tuple(
            decode(each, of_item) if decode else decode_model(item, each, response=of_item)
            for each in items
        ),
        has_more=data.get("has_more") is True,
        next_cursor=cursor,
        as_of=_as_of(data.get("as_of")),
        response=answer.response,
    )


def _as_of(value: JSON) -> datetime | None:
    try:
        return None if value is None else parse_time(value)
    except ValueError as error:
        raise DecodeError(f"as_of: {error}") from None
