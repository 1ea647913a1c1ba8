"""Compares what a type says with what a schema says."""

from __future__ import annotations

import datetime as dt
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from anthyx import Model, Page
from tests.contract.description import Schema, resolved, unwrapped

_NOT_JSON = {"extra", "response"}
_SIMPLE: dict[tuple[str, str | None], type] = {
    ("string", "date"): dt.date,
    ("string", "date-time"): dt.datetime,
    ("boolean", None): bool,
    ("integer", None): int,
    ("number", None): float,
}


def members(cls: type[Model]) -> dict[str, Any]:
    """The JSON members of a model with their types."""
    hints = typing.get_type_hints(cls)
    return {
        name.rstrip("_"): hint
        for name, hint in hints.items()
        if name not in _NOT_JSON and not name.startswith("_")
    }


def choices(hint: Any) -> list[Any]:
    """What a union is of; the type itself, where it is none."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return [inner for each in typing.get_args(hint) for inner in choices(each)]
    return [hint]


def literals(hint: Any) -> set[str]:
    """The values that a type names."""
    return {
        value
        for each in choices(hint)
        if typing.get_origin(each) is Literal
        for value in typing.get_args(each)
    }


def differences(hint: Any, schema: Schema, place: str) -> Iterator[str]:
    """Where a type says something else than a schema."""
    inner, is_nullable = unwrapped(schema)
    given = [each for each in choices(hint) if each is not type(None)]
    if is_nullable != (type(None) in choices(hint)):
        yield f"{place}: null is {'' if is_nullable else 'not '}allowed"
    named = literals(hint)
    if "enum" in inner and named and named != set(inner["enum"]) - {None}:
        yield f"{place}: {sorted(named ^ (set(inner['enum']) - {None}))} on one side only"
    if named and str not in given:
        yield f"{place}: is not open to values that are yet to come"
    yield from _of_kind(given, inner, place)


def _of_kind(given: list[Any], schema: Schema, place: str) -> Iterator[str]:
    kind = schema.get("type")
    if kind == "array":
        (sequence,) = given
        item, _ = typing.get_args(sequence)
        yield from differences(item, schema["items"], f"{place}[]")
    elif kind == "object":
        if not all(_is_object(each) for each in given):
            yield f"{place}: is an object, not {given}"
        for each in given:
            if isinstance(each, type) and issubclass(each, Model) and "properties" in schema:
                yield from model_differences(each, schema, place)
    else:
        wanted = _SIMPLE.get((kind or "", schema.get("format")), str)
        if wanted not in given and not (wanted is str and literals(given[0])):
            yield f"{place}: is {wanted.__name__}, not {given}"


def _is_object(hint: Any) -> bool:
    return typing.get_origin(hint) is dict or (isinstance(hint, type) and issubclass(hint, Model))


def model_differences(cls: type[Model], schema: Schema, place: str) -> Iterator[str]:
    """Where a model has other members than an object."""
    schema = resolved(schema)
    own, described = members(cls), schema["properties"]
    if own.keys() != described.keys():
        yield f"{place}: {sorted(own.keys() ^ described.keys())} on one side only"
    required = {
        each.name.rstrip("_")
        for each in cls.__dataclass_fields__.values()
        if each.default is each.default_factory
    }
    for name in own.keys() & described.keys():
        hint = own[name]
        if name not in schema.get("required", ()):
            if name in required:
                yield f"{place}.{name}: may be missing"
            hint = typing.Union[tuple(each for each in choices(hint) if each is not type(None))]  # noqa: UP007
        yield from differences(hint, described[name], f"{place}.{name}")


def page_differences(item: type[Model], schema: Schema, place: str) -> Iterator[str]:
    """Where a list says something else than a `Page` of these items."""
    described: Mapping[str, Any] = resolved(schema)["properties"]
    unknown = described.keys() - typing.get_type_hints(Page).keys()
    if unknown:
        yield f"{place}: a Page has no {sorted(unknown)}"
    yield from differences(item, described["data"]["items"], f"{place}[]")


def body_differences(sent: object, schema: Schema, place: str) -> Iterator[str]:
    """Members that a body has and its schema doesn't, or the other way round."""
    schema, _ = unwrapped(schema)
    if isinstance(sent, list) and "items" in schema:
        yield from body_differences(sent[0], schema["items"], f"{place}[]")
    elif isinstance(sent, dict) and "properties" in schema:
        described = schema["properties"]
        if sent.keys() != described.keys():
            yield f"{place}: {sorted(sent.keys() ^ described.keys())} on one side only"
        for name in sent.keys() & described.keys():
            yield from body_differences(sent[name], described[name], f"{place}.{name}")
