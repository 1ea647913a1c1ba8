"""Makes events of JSON: the class by the type, at once or when a field is first looked at."""

from __future__ import annotations

import functools
import typing

from . import _event_types as types
from ._event_types import AnyEvent, BaseEvent
from ._json import JSON
from ._models import DecodeError, decode_model, required_members

_TEXTS = ("id", "type", "api_version", "created_at", "workspace_id", "mode")
_OBJECTS = ("actor", "subject", "data")


def decode_event(data: object, **given: object) -> AnyEvent:
    """The event in decoded JSON; `given` are fields that don't come from it, as `response`.

    Raises:
        DecodeError: a required field is missing, or one has another shape.
    """
    if not isinstance(data, dict):
        raise DecodeError("an event is not an object")
    event = decode_model(_class_of(typing.cast("dict[str, JSON]", data)), data, **given)
    return typing.cast(AnyEvent, event)


def lazy_event(data: JSON) -> AnyEvent:
    """The event in decoded JSON, of which only the outermost members are looked at.

    Raises:
        DecodeError: a required field is missing, or one of these has another type.
    """
    if not isinstance(data, dict):
        raise DecodeError("it is not an object")
    cls = _class_of(data)
    if not required_members(cls) <= data.keys():
        raise DecodeError(f"it has no {min(required_members(cls) - data.keys())!r}")
    for name in _TEXTS:
        if type(data[name]) is not str:
            raise DecodeError(f"its {name!r} is not a text")
    for name in _OBJECTS:
        if type(data[name]) is not dict:
            raise DecodeError(f"its {name!r} is not an object")
    event = cls.__new__(cls)
    # Those that every receiver looks at, to leave what it has seen.
    object.__setattr__(event, "id", data["id"])
    object.__setattr__(event, "type", data["type"])
    object.__setattr__(event, "_json", data)
    return typing.cast(AnyEvent, event)


def _class_of(data: dict[str, JSON]) -> type[BaseEvent]:
    name = data.get("type")
    return _classes().get(name, types.Event) if isinstance(name, str) else types.Event


@functools.cache
def _classes() -> dict[str, type[BaseEvent]]:
    classes: list[type[BaseEvent]] = [
        each for each in typing.get_args(AnyEvent) if each is not types.Event
    ]
    return {typing.get_args(typing.get_type_hints(each)["type"])[0]: each for each in classes}
