"""What a caller sees of the SDK has types: no Any in a signature, a field or an alias."""

from __future__ import annotations

import dataclasses
import inspect
import types
import typing
from collections.abc import Iterator
from typing import Any

import pytest

import anthyx
from anthyx import Anthyx, AsyncAnthyx
from tests.contract.calls import hints_of, kinds

CLASSES = {
    name: value
    for name, value in ((name, getattr(anthyx, name)) for name in anthyx.__all__)
    if isinstance(value, type)
}


def names_any(hint: Any) -> bool:
    """Whether Any stands anywhere in a type."""
    if hint is Any:
        return True
    inner = [each for each in typing.get_args(hint) if not isinstance(each, str)]
    if typing.is_typeddict(hint):
        inner += typing.get_type_hints(hint).values()
    return any(names_any(each) for each in inner)


def functions(cls: type) -> Iterator[tuple[str, Any]]:
    """Public functions of a class: methods, properties, and a constructor that isn't made up."""
    constructor = set() if dataclasses.is_dataclass(cls) else {"__init__"}
    for name, member in vars(cls).items():
        if name in constructor or not name.startswith("_"):
            found = member.fget if isinstance(member, property) else member
            if isinstance(found, types.FunctionType) and found.__module__.startswith("anthyx"):
                yield f"{cls.__name__}.{name}", found


def untyped(name: str, function: Any) -> Iterator[str]:
    """Parameters and results that are Any or have no type at all."""
    hints = hints_of(function)
    for parameter in inspect.signature(function).parameters:
        if parameter != "self" and names_any(hints.get(parameter, Any)):
            yield f"{name}({parameter})"
    if names_any(hints.get("return", Any)):
        yield f"{name} -> Any"


@pytest.mark.parametrize("cls", CLASSES.values(), ids=CLASSES)
def test_no_class_shows_any(cls: type) -> None:
    found = [each for name, function in functions(cls) for each in untyped(name, function)]
    if dataclasses.is_dataclass(cls) and not issubclass(cls, Exception):
        hints = hints_of(cls)
        found += [
            f"{cls.__name__}.{each.name}"
            for each in dataclasses.fields(cls)
            if names_any(hints[each.name])
        ]
    assert found == []


def test_no_method_of_a_resource_shows_any() -> None:
    found = [
        each
        for kind in kinds().values()
        for name, method in kind.methods.items()
        for each in untyped(name, method)
    ]
    assert found == []


def test_any_would_be_seen() -> None:
    def function(good: int, bad: list[dict[str, Any]], worse) -> Any: ...  # type: ignore[no-untyped-def]  # noqa: ANN001

    assert list(untyped("f", function)) == ["f(bad)", "f(worse)", "f -> Any"]
    assert {Anthyx, AsyncAnthyx} <= set(CLASSES.values())
