"""Events: what happened in the workspace, to look through or to follow.

Written by `nox -s aio` from events.py: change that.
"""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from anthyx._answers import foreign_shape
from anthyx._brand_models import Brand
from anthyx._event_decoding import decode_event
from anthyx._event_types import AnyEvent, BaseEvent, Event
from anthyx._json import JSON
from anthyx._models import DecodeError
from anthyx._pages import Page, PageRequest
from anthyx._response import ResponseInfo
from anthyx._unset import UNSET, Unset
from anthyx._wire import Request, new_request, path_to
from anthyx.errors import BadRequestError
from anthyx.events import _WAIT_SECONDS, OLDEST, EventType

from ._engine import AsyncEngine
from ._pages import AsyncPages


class _Events(AsyncPages[AnyEvent]):
    """A list of events: the class of each follows from its type."""

    def _decode(self, data: JSON, response: ResponseInfo) -> AnyEvent:
        return decode_event(data, response=response)


class _Poll(_Events):
    """Events after another one: what is read next begins after the last that came."""

    async def _pages(self) -> AsyncIterator[Page[AnyEvent]]:
        left, after = self._asked.limit, self._asked.query["after"]
        while True:
            query = {**self._asked.query, "after": after, "limit": self._asked.size(left)}
            page = await self._ask(query, counted=False)
            yield page
            if not page.has_more or not page.data:
                return
            after = page.data[-1].id
            left = None if left is None else left - len(page)

    async def _fetch(self, cursor: str | None, left: int | None) -> Page[AnyEvent]:
        query = {**self._asked.query, "limit": self._asked.size(left), "cursor": cursor}
        return await self._ask(query, counted=False)


@dataclass(frozen=True, slots=True)
class AsyncEvents:
    """`client.events`. Each method can raise any APIError."""

    _engine: AsyncEngine

    def list(
        self,
        *,
        types: EventType | Sequence[EventType] | None = None,
        brand_id: str | Brand | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        after: str | BaseEvent | None = None,
        wait: int | None = None,
        limit: int | None = None,
        page_size: int | None = None,
        cursor: str | None = None,
    ) -> AsyncPages[AnyEvent]:
        """The events, newest first; with `after` those that came later, in that order.

        Args:
            types: names as "post.created" and families as "post.*".
            brand_id: of this brand only.
            created_after: aware; created then or later.
            created_before: aware; created earlier.
            after: the last event that you have, or "oldest". No event that commits later is
                passed over, and none comes twice.
            wait: with `after`: seconds (0 to 20) to wait where there is nothing yet. Keep the
                client's read timeout above it.
            limit: at most so many events; None for all.
            page_size: how many to fetch per request, 1 to 100.
            cursor: `next_cursor` of an earlier page, to go on from there; not with `after`.
        """
        query = {
            "types": types,
            "brand_id": brand_id.id if isinstance(brand_id, Brand) else brand_id,
            "created_after": created_after,
            "created_before": created_before,
            "after": after.id if isinstance(after, BaseEvent) else after,
            "wait": wait,
        }
        asked = PageRequest("/events", query, limit, page_size, cursor)
        pages = _Events if after is None else _Poll
        return pages(self._engine, Event, asked)

    async def get(self, event: str | BaseEvent) -> AnyEvent:
        """One event; NotFoundError once it is over 30 days old."""
        return await self._fetch(new_request("GET", path_to("events", event)))

    async def create(
        self,
        *,
        type: EventType,
        brand_id: str | Brand | Unset | None = UNSET,
        idempotency_key: str | None = None,
    ) -> AnyEvent:
        """Make the example event of a type, with a test key, to see what becomes of it.

        It is published as any other: in the feed, and to the webhook endpoints of the test mode.
        ConflictError with a live key.

        Args:
            type: as "post.published"; `client.event_types.list()` has all of them.
            brand_id: the brand that it is of; one that doesn't exist if left out.
            idempotency_key: 1 to 255 visible characters; made for you if left out.
        """
        body = {
            "type": type,
            "brand_id": brand_id.id if isinstance(brand_id, Brand) else brand_id,
        }
        request = new_request("POST", "/events", body=body, idempotency_key=idempotency_key)
        return await self._fetch(request)

    async def follow(
        self,
        *,
        after: str | BaseEvent | None = None,
        types: EventType | Sequence[EventType] | None = None,
        brand_id: str | Brand | None = None,
        wait: int = _WAIT_SECONDS,
    ) -> AsyncIterator[AnyEvent]:
        """Every event from now on, or after one, for ever: waits for the next.

        Store the id of each event once you have dealt with it, and pass it as `after` to go on
        where you stopped. BadRequestError where that is over 30 days old: "oldest" goes on then.

        Args:
            after: the last event that you have, or "oldest"; None for what is still to come.
            types: names as "post.created" and families as "post.*".
            brand_id: of this brand only.
            wait: seconds (0 to 20) that a request waits for; the read timeout must be longer.
        """
        if after is None:
            newest = await self.list(limit=1).page()
            after = newest.data[0] if newest.data else OLDEST
        place = after.id if isinstance(after, BaseEvent) else after
        is_up_to_date = False
        while True:
            try:
                page = await self.list(
                    after=place, types=types, brand_id=brand_id, wait=wait
                ).page()
            except BadRequestError as error:
                if error.code != "invalid_cursor" or not is_up_to_date:
                    raise
                # Nothing came for 30 days: all that is kept is new.
                place, is_up_to_date = OLDEST, False
                continue
            for each in page:
                yield each
            is_up_to_date = not page.has_more
            if page.data:
                place = page.data[-1].id

    async def _fetch(self, request: Request) -> AnyEvent:
        answer = await self._engine.run(request)
        try:
            return decode_event(answer.data, response=answer.response)
        except DecodeError as error:
            raise foreign_shape(answer.response, error) from None
