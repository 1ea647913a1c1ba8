"""Lists: one page, or all items.

Written by `nox -s aio` from _pages.py: change that.
"""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Generic

from anthyx._answers import foreign_shape
from anthyx._json import JSON
from anthyx._models import AnyModel, DecodeError, decode_model
from anthyx._pages import Page, PageRequest, _decode_page
from anthyx._response import ResponseInfo
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
            return _decode_page(self._item, answer, self._decode)
        except DecodeError as error:
            raise foreign_shape(answer.response, error) from None

    def _decode(self, data: JSON, response: ResponseInfo) -> AnyModel:
        return decode_model(self._item, data, response=response)
