"""Finds the SDK's method for each operation and calls it with everything that it takes."""

from __future__ import annotations

import asyncio
import collections.abc
import datetime as dt
import inspect
import types
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, NamedTuple

from anthyx import Anthyx, AsyncAnthyx, AsyncPages, Pages
from anthyx._unset import Unset
from anthyx._wire import Request
from tests.contract.description import OPERATIONS, Operation

KEY = "anthyx_test_" + "0" * 38
# Where a method isn't called as its operation is, less the name of the resource.
IRREGULAR = {
    "get_current_api_key": "api_keys.current",
    "get_openapi": "openapi",
    "get_post_analytics": "analytics.post",
    "request_changes_to_post": "posts.request_changes",
}
# Methods that are no operation of their own.
BESIDE = {
    "close": "closes connections",
    "events.follow": "list_events, for ever",
    "request": "any operation",
    "whoami": "get_current_api_key",
    "with_options": "another client",
}
Client = Anthyx | AsyncAnthyx


def resources(client: Client) -> Iterator[tuple[str, object]]:
    """The client's resources by their names."""
    for name, member in vars(type(client)).items():
        if isinstance(member, cached_property):
            yield name, getattr(client, name)


def methods(client: Client) -> dict[str, Callable[..., Any]]:
    """Every public method, as "brands.list"."""
    owners: list[tuple[str, object]] = [("", client)]
    owners += ((f"{name}.", resource) for name, resource in resources(client))
    return {
        f"{prefix}{name}": getattr(owner, name)
        for prefix, owner in owners
        for name, member in vars(type(owner)).items()
        if not name.startswith("_") and inspect.isfunction(member)
    }


def name_of(operation: Operation, known: collections.abc.Container[str]) -> str:
    """The name of its method; raises AssertionError if there is none."""
    if operation.id in IRREGULAR:
        return IRREGULAR[operation.id]
    plural = operation.path.split("/")[1].replace("-", "_")
    singular = plural[:-3] + "y" if plural.endswith("ies") else plural.removesuffix("s")
    for words in (f"_of_{singular}", f"_{plural}", f"_{singular}", ""):
        short = operation.id.replace(words, "", 1) if words in operation.id else ""
        for name in (short, short.removeprefix("get_")):
            if f"{plural}.{name}" in known:
                return f"{plural}.{name}"
    raise AssertionError(f"no method for {operation.id}")


class Sent(NamedTuple):
    """What a call would have sent, and what it makes of the answer (None: nothing)."""

    request: Request
    model: object


class _SentError(Exception):
    def __init__(self, sent: Sent) -> None:
        super().__init__()
        self.sent = sent


class _Recorder:
    """Stands where the engine does."""

    def fetch(self, cls: object, request: Request) -> object:
        raise _SentError(Sent(request, cls))

    def perform(self, request: Request) -> object:
        raise _SentError(Sent(request, None))

    def run(self, request: Request) -> object:
        raise _SentError(Sent(request, None))


class _AsyncRecorder(_Recorder):
    async def fetch(self, cls: object, request: Request) -> object:
        return super().fetch(cls, request)

    async def perform(self, request: Request) -> object:
        return super().perform(request)

    async def run(self, request: Request) -> object:
        return super().run(request)


@dataclass(frozen=True, repr=False)
class Kind:
    """One of the two clients, with its engine taken out."""

    client: Client
    methods: dict[str, Callable[..., Any]] = field(init=False)

    def __post_init__(self) -> None:
        is_async = isinstance(self.client, AsyncAnthyx)
        recorder: Any = _AsyncRecorder() if is_async else _Recorder()
        self.client._engine = recorder  # noqa: SLF001 - nothing is to be sent
        object.__setattr__(self, "methods", methods(self.client))

    def named(self, operation: Operation) -> Callable[..., Any]:
        """The operation's method."""
        return self.methods[name_of(operation, self.methods)]

    def call(self, operation: Operation) -> Sent:
        """Call its method with everything it takes."""
        method = self.named(operation)
        positional, named = arguments(method)
        try:
            result = method(*positional, **named)
        except _SentError as error:
            return error.sent
        model = None
        try:
            if isinstance(result, Pages | AsyncPages):
                model = result._item  # noqa: SLF001 - what its items become
                result = result.page()
            asyncio.run(result)
        except _SentError as error:
            return Sent(error.sent.request, model or error.sent.model)
        raise AssertionError(f"{operation.id} sent nothing")


def kinds() -> dict[str, Kind]:
    """Both clients."""
    return {"sync": Kind(Anthyx(KEY)), "async": Kind(AsyncAnthyx(KEY))}


def arguments(method: Callable[..., Any]) -> tuple[list[object], dict[str, object]]:
    """A value for every parameter."""
    hints = hints_of(method)
    positional: list[object] = []
    named: dict[str, object] = {}
    for name, each in inspect.signature(method).parameters.items():
        if each.kind is each.KEYWORD_ONLY:
            named[name] = _value(hints[name])
        else:
            positional.append(_value(hints[name]))
    named.update({name: 7 for name in ("limit", "page_size") if name in named})
    return positional, named


def hints_of(of: Any) -> dict[str, Any]:
    """The types of a function's parameters and result, or of a class's fields, resolved."""
    import httpx  # noqa: PLC0415 - what the async client knows for type checkers only

    import anthyx  # noqa: PLC0415 - its lazy names are wanted

    known = {name: getattr(anthyx, name) for name in anthyx.__all__}
    if isinstance(of, type):
        return typing.get_type_hints(of, localns=known)
    own = getattr(of, "__func__", of).__globals__
    return typing.get_type_hints(of, {**known, "httpx": httpx, **own})


def _value(hint: Any) -> object:
    """Something of that type that goes over the wire."""
    origin, within = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        usable = [each for each in within if each not in (type(None), Unset)]
        plain = [each for each in usable if each is str or typing.get_origin(each) is Literal]
        inputs = [each for each in usable if typing.is_typeddict(each)]
        return _value((inputs or plain or usable)[0])
    if origin is Literal:
        return within[0]
    if typing.is_typeddict(hint):
        return {name: _value(each) for name, each in typing.get_type_hints(hint).items()}
    if origin in (collections.abc.Sequence, list):
        return [_value(within[0])]
    if origin in (collections.abc.Mapping, dict):
        return {"k": _value(within[1])}
    simple: dict[Any, object] = {
        str: "x",
        int: 1,
        float: 1.5,
        bool: True,
        object: {},
        dt.datetime: dt.datetime(2030, 1, 1, tzinfo=dt.UTC),
    }
    return simple[hint]


def of_operations(kind: Kind) -> set[str]:
    """The names of all methods that stand for an operation."""
    return {name_of(each, kind.methods) for each in OPERATIONS.values()}
