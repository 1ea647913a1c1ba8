"""Reading queries and bodies strictly, and telling every problem at once."""

from __future__ import annotations

import functools
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

import orjson
from flask import Request
from marshmallow import Schema, ValidationError

from anthyx_server.errors import (
    InvalidJson,
    UnsupportedMediaType,
    ValidationFailed,
)

MOST_NESTED = 32
READ_ONLY = "Read-only field."
_CODES = {
    "Unknown field.": "unknown_field",
    "Missing data for required field.": "required",
    "Field may not be null.": "null_not_allowed",
    READ_ONLY: "read_only_field",
}


def read_query(request: Request, schema: Schema | None) -> dict[str, Any]:
    """The query parameters, checked.

    Raises:
        ValidationFailed: a parameter is unknown, repeated or wrong.
    """
    if not request.query_string and schema is None:
        return {}
    errors = []
    values: dict[str, str] = {}
    known = _parameters(schema)
    for name, given in request.args.lists():
        if name not in known:
            errors.append(_entry("unknown_field", "Unknown parameter.", {"parameter": name}))
        elif len(given) > 1:
            errors.append(_entry("repeated", "Given more than once.", {"parameter": name}))
        else:
            values[name] = given[0]
    if schema is None:
        raise _failed(errors)
    try:
        loaded = _loaded(schema, tuple(values.items()))
    except ValidationError as error:
        messages = _messages(error)
        errors += [
            _entry(_code(text), text, {"parameter": path[0]}) for path, text in _flat(messages)
        ]
        raise _failed(errors) from None
    if errors:
        raise _failed(errors)
    return {**loaded}


@functools.lru_cache(maxsize=256)
def _loaded(schema: Schema, values: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """Lists are asked for with the same few queries over and over; a wrong one is not kept."""
    return cast("dict[str, Any]", schema.load(dict(values)))


def read_json(request: Request, *, optional: bool) -> Any:
    """The body's JSON value; an empty object where there may be and is no body.

    Raises:
        UnsupportedMediaType: the Content-Type isn't `application/json`.
        InvalidJson: not JSON in UTF-8, nested too deeply, or a member is named twice.
    """
    body = request.get_data(cache=True)
    if not body:
        if optional:
            return {}
        raise InvalidJson("The body is missing: send JSON.")
    if not request.is_json:
        raise UnsupportedMediaType("Send the body as JSON, with Content-Type: application/json.")
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidJson(f"The body could not be parsed: {error}.") from None
    if body.count(b"{") + body.count(b"[") > MOST_NESTED and _is_deeper(value, MOST_NESTED):
        raise InvalidJson(f"The body is nested more than {MOST_NESTED} levels deep.")
    # orjson lets the last of two members with one name win; what is sent is never ignored here.
    json.loads(body, object_pairs_hook=_members, parse_int=str, parse_float=str)
    return value


def _is_deeper(value: Any, levels: int) -> bool:
    """True where arrays and objects are nested more than so many levels; without recursion."""
    level = [value]
    for _ in range(levels):
        inner = [
            tuple(item.values()) if isinstance(item, dict) else item
            for item in level
            if isinstance(item, dict | list)
        ]
        level = [item for items in inner for item in items]
    return any(isinstance(item, dict | list) for item in level)


def _members(pairs: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in pairs}) != len(pairs):
        raise InvalidJson("An object of the body names a member twice.")


def load(schema: Schema, value: Any) -> dict[str, Any]:
    """Check a body against its schema.

    Raises:
        ValidationFailed: with one entry for each problem and its JSON pointer (RFC 6901).
    """
    loaded, problems = check(schema, require_object(value))
    if problems:
        raise invalid_body(problems)
    return loaded


def check(schema: Schema, value: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a schema makes of an object, and the problems as marshmallow nests them."""
    try:
        return cast("dict[str, Any]", schema.load(value)), {}
    except ValidationError as error:
        return {}, _messages(error)


def require_object(value: Any) -> dict[str, Any]:
    """The body, which must be a JSON object.

    Raises:
        ValidationFailed: it is something else.
    """
    if not isinstance(value, dict):
        raise _failed([_entry("invalid", "The body must be a JSON object.", {"pointer": ""})])
    return value


def require_array(value: Any, most_items: int) -> list[Any]:
    """The body, which must be a JSON array of one to so many items.

    Raises:
        ValidationFailed: it is something else, or of another length.
    """
    if not isinstance(value, list):
        raise _failed([_entry("invalid", "The body must be a JSON array.", {"pointer": ""})])
    if not 1 <= len(value) <= most_items:
        detail = f"The array must have 1 to {most_items} items, not {len(value)}."
        raise _failed([_entry("invalid", detail, {"pointer": ""})])
    return value


def require_known(name: str, ids: Sequence[str], known: Collection[str], detail: str) -> None:
    """Check that a body's array of ids has only such as are known.

    Args:
        name: the array's name in the body.
        ids: what it holds.
        known: the ids that may stand there.
        detail: what to say of each of the others.

    Raises:
        ValidationFailed: one isn't; the error points at each.
    """
    messages = {index: [detail] for index, one in enumerate(ids) if one not in known}
    if messages:
        raise invalid_body({name: messages})


def invalid_body(messages: Mapping[str, Any]) -> ValidationFailed:
    """The error for problems of a body, given as marshmallow nests them."""
    return _failed(
        [_entry(_code(text), text, {"pointer": _pointer(path)}) for path, text in _flat(messages)]
    )


def invalid_query(messages: Mapping[str, str]) -> ValidationFailed:
    """The error for parameters that are wrong together."""
    return _failed(
        [_entry("invalid", text, {"parameter": name}) for name, text in messages.items()]
    )


def invalid_header(name: str, detail: str) -> ValidationFailed:
    """The error for a header with a wrong value."""
    return _failed([_entry("invalid", detail, {"header": name})])


def _failed(errors: list[dict[str, str]]) -> ValidationFailed:
    what = "1 problem" if len(errors) == 1 else f"{len(errors)} problems"
    return ValidationFailed(f"The request has {what}: see errors.", errors=errors)


def _messages(error: ValidationError) -> dict[str, Any]:
    return cast("dict[str, Any]", error.normalized_messages())  # type: ignore[no-untyped-call]


def _entry(code: str, detail: str, where: dict[str, str]) -> dict[str, str]:
    return {"code": code, "detail": detail, **where}


def _code(text: str) -> str:
    return _CODES.get(text, "invalid")


@functools.cache
def _parameters(schema: Schema | None) -> frozenset[str]:
    if schema is None:
        return frozenset()
    return frozenset(field.data_key or name for name, field in schema.fields.items())


def _pointer(path: tuple[str, ...]) -> str:
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)


def _flat(messages: Any, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], str]]:
    if isinstance(messages, dict):
        found = []
        for name, inner in messages.items():
            # marshmallow calls a problem of the whole object "_schema".
            step = () if name == "_schema" else (str(name),)
            found += _flat(inner, path + step)
        return found
    texts = messages if isinstance(messages, list) else [messages]
    return [(path, str(text)) for text in texts]


def refuse_body(request: Request) -> None:
    """Check that an operation without a body got none; an empty JSON object is let pass.

    Raises:
        ValidationFailed: the body holds something, which would be ignored.
    """
    value = read_json(request, optional=True)
    if value != {}:
        raise _failed([_entry("unknown_field", "This takes no body.", {"pointer": ""})])
