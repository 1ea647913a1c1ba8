"""The base of all models: frozen, decoded by their own annotations, unknown fields kept."""

from __future__ import annotations

import functools
import json
import types
import typing
from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from ._base_errors import WebhookPayloadError
from ._json import JSON, parse_date, parse_time, to_json_value
from ._response import NO_RESPONSE, ResponseInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A JSON object of the API. `extra` holds the fields that this version doesn't know."""

    extra: dict[str, JSON] = field(default_factory=dict[str, JSON], repr=False, hash=False)

    def to_dict(self) -> dict[str, JSON]:
        """The object as the API sent it: JSON types, times as strings, unknown fields included."""
        names = _plan(type(self)).names
        own = {member: to_json_value(getattr(self, name)) for member, name in names.items()}
        return {**own, **self.extra}

    def to_json(self) -> str:
        """`to_dict()` as a string of JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource(Model):
    """A model with the metadata of the answer it came in, which equality and repr leave out."""

    response: ResponseInfo = field(default=NO_RESPONSE, compare=False, repr=False)


class LazyResource(Resource):
    """A resource that can be made of JSON without reading it: the first look at a field does.

    A webhook is verified in less time than its event takes to decode. Whoever makes one checks
    that the JSON has the required members.
    """

    __slots__ = ("_json",)
    _json: dict[str, JSON]

    if not TYPE_CHECKING:  # with it, a type checker would take every name for a field

        def __getattr__(self, name: str) -> object:
            if name not in _field_names(type(self)):
                raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}")
            try:
                whole = decode_model(type(self), self._json)
            except DecodeError as error:
                raise WebhookPayloadError(f"The body is signed, but no event: {error}.") from None
            for each in _field_names(type(self)):
                object.__setattr__(self, each, getattr(whole, each))
            return getattr(whole, name)


@functools.cache
def _field_names(cls: type[Model]) -> frozenset[str]:
    return frozenset(each.name for each in fields(cls))


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor(Model):
    """Who did something: `type` is "api_key", "user", "system" or one that is yet to come."""

    type: str
    id: str | None
    name: str


class DecodeError(ValueError):
    """JSON that does not have the model's shape."""


AnyModel = TypeVar("AnyModel", bound=Model)
_Convert = Callable[[Any], object]
_NOT_JSON = frozenset({"extra", "response"})


def decode_model(cls: type[AnyModel], data: object, **given: object) -> AnyModel:
    """The model in decoded JSON.

    Args:
        cls: the model's class.
        data: decoded JSON; unknown members go to `extra`.
        given: fields that don't come from the JSON, as `response`.

    Raises:
        DecodeError: a required field is missing, or one has another shape.
    """
    if not isinstance(data, dict):
        raise DecodeError(f"{cls.__name__} is not an object")
    members = typing.cast("dict[str, Any]", data)
    values: dict[str, Any] = given
    extra: dict[str, JSON] = {}
    plan = _plan(cls)
    for name, value in members.items():
        if name not in plan.converters:
            extra[name] = value
            continue
        convert = plan.converters[name]
        converted = value if convert is None else _converted(cls, name, convert, value)
        values[plan.names[name]] = converted
    if not plan.required <= values.keys():
        raise DecodeError(f"{cls.__name__} has no {min(plan.required - values.keys())!r}")
    return cls(**values, extra=extra)


def _converted(cls: type[Model], name: str, convert: _Convert, value: object) -> object:
    try:
        return convert(value)
    except DecodeError:
        raise
    except ValueError as error:
        raise DecodeError(f"{cls.__name__}.{name}: {error}") from None


def required_members(cls: type[Model]) -> frozenset[str]:
    """The members that the JSON of a model must have."""
    return _plan(cls).required


class _Plan(NamedTuple):
    """A model's JSON members: how to convert each (None: not at all), and their fields' names.

    A field whose name would be a keyword has an underscore more. `required` must be there.
    """

    converters: dict[str, _Convert | None]
    names: dict[str, str]
    required: frozenset[str]


_plans: dict[type[Model], _Plan] = {}


def _plan(cls: type[Model]) -> _Plan:
    plan = _plans.get(cls)
    if plan is None:
        hints = typing.get_type_hints(cls)
        own = [each for each in fields(cls) if each.name not in _NOT_JSON]
        given = (each for each in own if each.default is each.default_factory is MISSING)
        plan = _plans[cls] = _Plan(
            {each.name.rstrip("_"): _converter(hints[each.name]) for each in own},
            {each.name.rstrip("_"): each.name for each in own},
            frozenset(each.name for each in given),
        )
    return plan


def _converter(hint: object) -> _Convert | None:
    """How a JSON value becomes what the annotation says; None where it is that already."""
    if hint is datetime:
        return parse_time
    if hint is date:
        return parse_date
    if isinstance(hint, type) and issubclass(hint, Model):
        return functools.partial(decode_model, hint)
    arguments = typing.get_args(hint)
    if typing.get_origin(hint) is tuple:
        return functools.partial(_sequence, _converter(arguments[0]))
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        found = [each for each in map(_converter, arguments) if each is not None]
        if len(found) > 1:
            return functools.partial(_first_that_fits, found)
        return functools.partial(_nullable, found[0]) if found else None
    return None


def _first_that_fits(converters: list[_Convert], value: object) -> object:
    convert, *others = converters
    if not others:
        return convert(value)
    try:
        return convert(value)
    except ValueError:
        return _first_that_fits(others, value)


def _nullable(convert: _Convert, value: object) -> object:
    return None if value is None else convert(value)


def _sequence(convert: _Convert | None, value: object) -> tuple[object, ...]:
    if not isinstance(value, list):
        raise DecodeError("not a list")
    items = typing.cast("list[object]", value)
    return tuple(items) if convert is None else tuple(map(convert, items))
