"""Events: what happened in the workspace, to look through or to follow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from ._brand_models import Brand
from ._engine import Engine
from ._json import JSON
from ._models import Actor, Model, Resource
from ._pages import Page, PageRequest, Pages
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


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRequest(Model):
    """The request that made an event happen."""

    id: str
    idempotency_key: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSubject(Model):
    """What an event is about: `type` is like "post"."""

    type: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventData(Model):
    """The record as the API showed it then; `previous` has the old values of changed fields.

    Where that would be over 256 KiB, `object` has type and id alone and `truncated` is true.
    """

    object: dict[str, JSON] = field(hash=False)
    previous: dict[str, JSON] | None = field(hash=False)
    truncated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Resource):
    """Something that happened; `type` may be one that this version doesn't know."""

    id: str
    type: EventType
    api_version: str
    created_at: datetime
    workspace_id: str
    brand_id: str | None
    mode: Literal["live", "test"] | str  # noqa: PYI051 - an open enum
    actor: Actor
    request: EventRequest | None
    subject: EventSubject
    data: EventData


class _Poll(Pages[Event]):
    """Events after another one: what is read next begins after the last that came."""

    def _pages(self) -> Iterator[Page[Event]]:
        left, after = self._asked.limit, self._asked.query["after"]
        while True:
            query = {**self._asked.query, "after": after, "limit": self._asked.size(left)}
            page = self._ask(query, counted=False)
            yield page
            if not page.has_more or not page.data:
                return
            after = page.data[-1].id
            left = None if left is None else left - len(page)

    def _fetch(self, cursor: str | None, left: int | None) -> Page[Event]:
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
        after: str | Event | None = None,
        wait: int | None = None,
        limit: int | None = None,
        page_size: int | None = None,
        cursor: str | None = None,
    ) -> Pages[Event]:
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
            "after": after.id if isinstance(after, Event) else after,
            "wait": wait,
        }
        asked = PageRequest("/events", query, limit, page_size, cursor)
        pages = Pages[Event] if after is None else _Poll
        return pages(self._engine, Event, asked)

    def get(self, event: str | Event) -> Event:
        """One event; NotFoundError once it is over 30 days old."""
        return self._engine.fetch(Event, new_request("GET", path_to("events", event)))

    def follow(
        self,
        *,
        after: str | Event | None = None,
        types: EventType | Sequence[EventType] | None = None,
        brand_id: str | Brand | None = None,
        wait: int = _WAIT_SECONDS,
    ) -> Iterator[Event]:
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
        place = after.id if isinstance(after, Event) else after
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
