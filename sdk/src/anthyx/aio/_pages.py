"""Lists: one page, or all items.

Written by `nox -s aio` from _pages.py: change that.
"""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Generic

from anthyx._answers import foreign_shape
from anthyx._json import JSON
from anthyx._models import AnyModel, DecodeError, decode_model
from anthyx._pages import Page, PageRequest, _as_of
from anthyx._response import APIResponse, ResponseInfo
from anthyx._wire import QueryValue, new_request

from ._engine import AsyncEngine


class AsyncPages(Generic[AnyModel]):
    """A list of the API. `async for` fetches page after page, each only when it is needed.

    Every iteration starts anew. Each page costs one request, which can raise any APIError.
    """

    def __init__(self, engine: AsyncEngine, item: type[AnyModel], asked: PageRequest) -> None:
        self._engine = engine
        self._item = item
        self._asked = asked

    async def __aiter__(self) -> AsyncIterator[AnyModel]:
        left = self._asked.limit
        if left == 0:
            return
        async for page in self._pages():
            for item in page:
                yield item
                if left is not None:
                    left -= 1
                    if left == 0:
                        return

    async def page(self) -> Page[AnyModel]:
        """The first page, with one request."""
        return await self._fetch(self._asked.cursor, self._asked.limit)

    async def _pages(self) -> AsyncIterator[Page[AnyModel]]:
        cursor, left = self._asked.cursor, self._asked.limit
        while True:
            page = await self._fetch(cursor, left)
            yield page
            if not page.has_more:
                return
            if page.next_cursor in (None, cursor):
                raise foreign_shape(page.response, DecodeError("the list doesn't move on"))
            cursor = page.next_cursor
            left = None if left is None else left - len(page)

    async def _fetch(self, cursor: str | None, left: int | None) -> Page[AnyModel]:
        query = {**self._asked.query, "limit": self._asked.size(left), "cursor": cursor}
        return await self._ask(query)

    async def _ask(
        self, query: Mapping[str, QueryValue], *, counted: bool = True
    ) -> Page[AnyModel]:
        path = self._asked.path
        answer = await self._engine.run(new_request("GET", path, query=query, counted=counted))
        try:
            return self._decode_page(answer)
        except DecodeError as error:
            raise foreign_shape(answer.response, error) from None

    def _decode_page(self, answer: APIResponse) -> Page[AnyModel]:
        data = answer.data
        if not isinstance(data, dict):
            raise DecodeError("a list is not an object")
        items, cursor = data.get("data"), data.get("next_cursor")
        if not isinstance(items, list) or not (cursor is None or isinstance(cursor, str)):
            raise DecodeError("a list has no data, or a wrong cursor")
        # An ETag of the page is not one of its items: `if_match=` would never fit.
        of_item = replace(answer.response, etag=None)
        return Page(
            data=tuple(self._decode(each, of_item) for each in items),
            has_more=data.get("has_more") is True,
            next_cursor=cursor,
            as_of=_as_of(data.get("as_of")),
            response=answer.response,
        )

    def _decode(self, data: JSON, response: ResponseInfo) -> AnyModel:
        return decode_model(self._item, data, response=response)
