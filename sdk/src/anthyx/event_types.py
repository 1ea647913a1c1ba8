"""Event types: what each event means, its JSON Schema and an example."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ._engine import Engine
from ._json import JSON
from ._models import Model, Resource
from ._wire import new_request
from .events import EventType


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTypeInfo(Model):
    """A type of events; `schema` is a JSON Schema (2020-12) of a whole event, like `example`."""

    name: EventType
    description: str
    schema: dict[str, JSON] = field(hash=False)
    example: dict[str, JSON] = field(hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTypeList(Resource):
    """All types of events, in `data`; there is one page of them, which can be iterated over."""

    data: tuple[EventTypeInfo, ...]
    has_more: bool
    next_cursor: str | None

    def __iter__(self) -> Iterator[EventTypeInfo]:
        return iter(self.data)


@dataclass(frozen=True, slots=True)
class EventTypes:
    """`client.event_types`. Its method can raise any APIError."""

    _engine: Engine

    def list(self) -> EventTypeList:
        """Every type that the server knows, also those that this version doesn't."""
        return self._engine.fetch(EventTypeList, new_request("GET", "/event-types"))
