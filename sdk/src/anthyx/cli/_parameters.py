"""How an argument of a method is given on the command line, by its annotation."""

from __future__ import annotations

import json
import sys
import typing
from collections.abc import Callable, Sequence
from datetime import date, datetime
from inspect import Parameter
from pathlib import Path
from typing import Any, Literal

import click

from anthyx._json import parse_date, parse_time
from anthyx._unset import UNSET, Unset

# What a list is asked for when nobody says how much.
_FIRST = 25


class _Parsed(click.ParamType[Any]):
    """A value that one of our own functions reads."""

    def __init__(self, name: str, example: str, parse: Callable[[str], object]) -> None:
        self.name = name
        self._example = example
        self._parse = parse

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> object:
        """The value; a usage error with an example where it can't be read."""
        try:
            return self._parse(value)
        except ValueError:
            self.fail(f"{value!r} is not like {self._example}", param, ctx)


def _read_json(text: str) -> object:
    """JSON, or where it is: `@file`, or `-` for standard input."""
    if text == "-":
        return json.loads(sys.stdin.read())
    if text.startswith("@"):
        path = Path(text[1:])
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise click.BadParameter(f"cannot read {path}: {error.strerror}") from None
    return json.loads(text)


_TIME = _Parsed("time", "2026-12-01T09:00:00Z (with an offset)", parse_time)
_DAY = _Parsed("day", "2026-12-01", parse_date)
_JSON = _Parsed("json", '\'{"name": "value"}\', @file or - (JSON)', _read_json)
_SIMPLE: dict[object, click.ParamType[Any]] = {
    str: click.STRING,
    int: click.INT,
    float: click.FLOAT,
    bool: click.BOOL,
    datetime: _TIME,
    date: _DAY,
}


def argument_for(name: str, annotation: object) -> click.Argument:
    """A positional argument: the id of a record, or JSON."""
    kind, is_repeated = _type_of(annotation)
    return click.Argument([name], type=_JSON if is_repeated else kind)


def option_for(parameter: Parameter, annotation: object) -> click.Option:
    """An option; what isn't given is left out of the call."""
    kind, is_repeated = _type_of(annotation)
    flags = [f"--{parameter.name.strip('_').replace('_', '-')}", parameter.name]
    return click.Option(
        flags,
        type=kind,
        multiple=is_repeated,
        required=parameter.default is Parameter.empty,
        help=_help(parameter, annotation),
    )


def limit_option() -> click.Option:
    """How much of a list is shown."""
    return click.Option(
        ["--limit"], type=click.IntRange(0), default=_FIRST, show_default=True,
        help="At most so many; see --all.",
    )  # fmt: skip


def all_option() -> click.Option:
    """No bound to a list."""
    return click.Option(["--all", "everything"], is_flag=True, help="However many there are.")


def clear_option(names: Sequence[str]) -> click.Option:
    """What is to be emptied: None in the client."""
    choices = [name.strip("_").replace("_", "-") for name in names]
    return click.Option(
        ["--clear"], multiple=True, type=click.Choice(choices), help="Empty a field; repeatable."
    )


def can_be_cleared(parameter: Parameter, annotation: object) -> bool:
    """True where None empties the field and leaving it out doesn't."""
    return parameter.default is UNSET and type(None) in _members(annotation)


def _help(parameter: Parameter, annotation: object) -> str:
    if parameter.name == "idempotency_key":
        return "Made for you if left out."
    kind, is_repeated = _type_of(annotation)
    words = [str(word) for word in _choices(annotation)]
    parts = [f"One of {', '.join(words)}."] if words else []
    if kind is _JSON:
        parts.append("JSON, @file or - for standard input.")
    if is_repeated:
        parts.append("Repeatable.")
    return " ".join(parts)


def _type_of(annotation: object) -> tuple[click.ParamType[Any], bool]:
    """The type on the command line, and whether the option may be given several times."""
    members = _members(annotation)
    for member in members:
        if typing.get_origin(member) is Sequence:
            (item,) = typing.get_args(member)
            # One name or several: the option is the same.
            return (click.STRING, True) if str in _members(item) else (_JSON, False)
    for known, kind in _SIMPLE.items():
        if known in members:
            return kind, False
    if any(typing.get_origin(member) is Literal for member in members):
        return click.STRING, False
    return _JSON, False


def _choices(annotation: object) -> list[object]:
    return [
        word
        for member in _members(annotation)
        if typing.get_origin(member) is Literal
        for word in typing.get_args(member)
    ]


def _members(annotation: object) -> tuple[object, ...]:
    """The members of a union, aliases of unions in it taken apart, `UNSET` left out."""
    arguments = typing.get_args(annotation)
    is_union = type(annotation).__name__ == "UnionType" or typing.get_origin(annotation) is (
        typing.Union
    )
    if not is_union:
        return () if annotation is Unset else (annotation,)
    return tuple(member for argument in arguments for member in _members(argument))
