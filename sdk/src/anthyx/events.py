"""Events: what happened in the workspace, to look through or to follow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from ._answers import foreign_shape
from ._brand_models import Brand
from ._engine import Engine
from ._event_decoding import decode_event
from ._event_types import AnyEvent, BaseEvent, Event
from ._json import JSON
from ._models import DecodeError
from ._pages import Page, PageRequest, Pages
from ._response import ResponseInfo
from ._wire import new_request, path_to
from .errors import BadRequestError

_KnownType: TypeAlias = Literal[
    "post.created",
    "post.updated",
    "post.deleted",
    "post.approved",
    "post.unapproved",
    "post.changes_requested",
    "post.scheduled",
    "post.published",
    "post.partially_published",
    "post.failed",
    "post.comment.created",
    "brand.created",
    "brand.updated",
    "brand.archived",
    "brand.unarchived",
    "brand.deleted",
    "channel.connected",
    "channel.disconnected",
    "analytics.updated",
    "api_key.created",
    "api_key.rotated",
    "api_key.revoked",
    "api_key.leaked",
    "api_key.expiring",
    "usage.threshold_reached",
    "webhook_endpoint.disabled",
    "webhook_endpoint.test",
]
EventType: TypeAlias = _KnownType | str  # an open enum
OLDEST = "oldest"
_WAIT_SECONDS = 20


class _Events(Pages[AnyEvent]):
    """A list of events: the class of each follows from its type."""

    def _decode(self, data: JSON, response: ResponseInfo) -> AnyEvent:
        return decode_event(data, response=response)


class _Poll(_Events):
    """Events after another one: what is read next begins after the last that came."""

    def _pages(self) -> Iterator[Page[AnyEvent]]:
        left, after = self._asked.limit, self._asked.query["after"]
        while True:
            query = {**self._asked.query, "after": after, "limit": self._asked.size(left)}
            page = self._ask(query, counted=False)
            yield page
            if not page.has_more or not page.data:
                return
            after = page.data[-1].id
            left = None if left is None else left - len(page)

    def _fetch(self, cursor: str | None, left: int | None) -> Page[AnyEvent]:
        query = {**self._asked.query, "limit": self._asked.size(left), "cursor": cursor}
        return self._ask(query, counted=False)


@dataclass(frozen=True, slots=True)
class Events:
    """`client.events`. Each method can raise any APIError."""

    _engine: Engine

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
    ) -> Pages[AnyEvent]:
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

    def get(self, event: str | BaseEvent) -> AnyEvent:
        """One event; NotFoundError once it is over 30 days old."""
        answer = self._engine.run(new_request("GET", path_to("events", event)))
        try:
            return decode_event(answer.data, response=answer.response)
        except DecodeError as error:
            raise foreign_shape(answer.response, error) from None

    def follow(
        self,
        *,
        after: str | BaseEvent | None = None,
        types: EventType | Sequence[EventType] | None = None,
        brand_id: str | Brand | None = None,
        wait: int = _WAIT_SECONDS,
    ) -> Iterator[AnyEvent]:
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
            newest = self.list(limit=1).page()
            after = newest.data[0] if newest.data else OLDEST
        place = after.id if isinstance(after, BaseEvent) else after
        is_up_to_date = False
        while True:
            try:
                page = self.list(after=place, types=types, brand_id=brand_id, wait=wait).page()
            except BadRequestError as error:
                if error.code != "invalid_cursor" or not is_up_to_date:
                    raise
                # Nothing came for 30 days: all that is kept is new.
                place, is_up_to_date = OLDEST, False
                continue
            yield from page
            is_up_to_date = not page.has_more
            if page.data:
                place = page.data[-1].id
