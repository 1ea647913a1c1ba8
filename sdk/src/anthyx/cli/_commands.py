"""A command for every method of every resource, made from its signature: none is forgotten."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterator
from functools import cached_property
from inspect import Parameter
from typing import Any

import click

from anthyx._pages import Pages
from anthyx.client import Anthyx

from . import _output
from ._parameters import (
    all_option,
    argument_for,
    can_be_cleared,
    clear_option,
    limit_option,
    option_for,
)
from ._session import Session

_SHORT_NAMES = {"api_keys": "keys"}
# `--limit` and `--all` say it; the size of the pages is ours to choose.
_NOT_ASKED = {"limit", "page_size"}


class LazyResources(click.Group):
    """The groups of the resources; the methods of one are looked at only when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands, sorted."""
        return sorted([*super().list_commands(ctx), *resources()])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name; that of a resource is made now."""
        attribute = resources().get(cmd_name)
        if attribute is None:
            return super().get_command(ctx, cmd_name)
        return _group(cmd_name, attribute)


def resources() -> dict[str, str]:
    """The resources by the names of their commands: `keys` is `client.api_keys`."""
    found = [name for name, member in vars(Anthyx).items() if isinstance(member, cached_property)]
    return {_SHORT_NAMES.get(name, name.replace("_", "-")): name for name in found}


def methods_of(attribute: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The public methods of a resource."""
    # Only its type is looked at: no key is needed and nothing is sent.
    resource = getattr(Anthyx("anthyx_help", base_url="https://localhost"), attribute)
    for name, member in vars(type(resource)).items():
        if inspect.isfunction(member) and not name.startswith("_"):
            yield name, member


def _group(name: str, attribute: str) -> click.Group:
    member = vars(Anthyx)[attribute]
    group = click.Group(name, help=inspect.getdoc(member.func))
    for method_name, method in methods_of(attribute):
        group.add_command(_command(attribute, method_name, method))
    return group


def _command(attribute: str, name: str, method: Callable[..., Any]) -> click.Command:
    hints = typing.get_type_hints(method)
    asked = list(inspect.signature(method).parameters.values())[1:]
    is_list = typing.get_origin(hints["return"]) is Pages
    if is_list:
        asked = [each for each in asked if each.name not in _NOT_ASKED]
    clearable = [each.name for each in asked if can_be_cleared(each, hints[each.name])]
    parameters = [_parameter(each, hints[each.name]) for each in asked]
    parameters += [limit_option(), all_option()] if is_list else []
    parameters += [clear_option(clearable)] if clearable else []

    def call(**given: Any) -> None:
        session = click.get_current_context().find_object(Session)
        assert session is not None  # noqa: S101 - the program's own group has made it
        with session.client() as client:
            result = method(getattr(client, attribute), **_arguments(given))
            _output.show(result, as_json=session.as_json)

    text = inspect.getdoc(method) or ""
    return click.Command(
        name.replace("_", "-"), callback=call, params=parameters, help=_help(text),
        short_help=text.partition("\n")[0],
    )  # fmt: skip


def _parameter(parameter: Parameter, annotation: object) -> click.Parameter:
    if parameter.kind is Parameter.KEYWORD_ONLY:
        return option_for(parameter, annotation)
    return argument_for(parameter.name, annotation)


def _help(docstring: str) -> str:
    """The docstring, its list of arguments left as it is laid out."""
    before, mark, arguments = docstring.partition("\nArgs:\n")
    return f"{before}\n\b{mark}{arguments}" if mark else docstring


def _arguments(given: dict[str, Any]) -> dict[str, Any]:
    """What the method is called with: what was given, and None where a field is to be emptied."""
    values = {name: value for name, value in given.items() if value is not None and value != ()}
    cleared = {name.replace("-", "_"): None for name in values.pop("clear", ())}
    if values.pop("everything", False):
        values.pop("limit", None)
    return values | cleared
