"""JSON in and out: the type of a decoded value, bodies, and RFC 3339 times."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timezone
from typing import Protocol, TypeAlias, Union, cast, runtime_checkable

from ._unset import UNSET

JSON: TypeAlias = Union[bool, int, float, str, "list[JSON]", "dict[str, JSON]", None]
"""A decoded JSON value."""


@runtime_checkable
class Plain(Protocol):
    """Something that knows its own JSON form, as models do."""

    def to_dict(self) -> dict[str, JSON]:
        """A dictionary that `json.dumps` takes."""
        ...


def parse_time(value: object) -> datetime:
    """An aware datetime from an RFC 3339 string; raises ValueError for anything else."""
    text = value if isinstance(value, str) else ""
    moment = datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)
    if moment.tzinfo is None:
        raise ValueError("a time has no offset")
    return moment


def parse_date(value: object) -> date:
    """A date from "2026-11-01"; raises ValueError for anything else."""
    return date.fromisoformat(value if isinstance(value, str) else "")


def format_time(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds; raises ValueError for a naive datetime."""
    if moment.utcoffset() is None:
        raise ValueError(
            f"{moment!r} has no time zone. Give it one: datetime(…, tzinfo=timezone.utc), "
            "datetime.now(timezone.utc), or value.astimezone() if it is this machine's local time."
        )
    text = moment.astimezone(timezone.utc).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"


def to_json_value(value: object) -> JSON:
    """The value as plain JSON: models and times converted, UNSET members left out.

    Raises:
        TypeError: something in it has no JSON form.
        ValueError: a datetime in it is naive.
    """
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, datetime):
        return format_time(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        members = cast("Mapping[object, object]", value).items()
        return {str(name): to_json_value(item) for name, item in members if item is not UNSET}
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        return [to_json_value(item) for item in cast("Sequence[object]", value)]
    if isinstance(value, Plain):
        return value.to_dict()
    raise TypeError(f"{type(value).__name__} can't be sent as JSON")


def encode(value: object) -> bytes:
    """The value as UTF-8 JSON.

    Raises:
        TypeError: something in it has no JSON form.
        ValueError: a naive datetime, a number that is not finite, or a lone surrogate.
    """
    text = json.dumps(
        to_json_value(value), ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )
    return text.encode()


def decode(body: bytes) -> JSON:
    """The value in a UTF-8 JSON body; raises ValueError if it isn't one."""
    try:
        return cast(JSON, json.loads(body))
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None
