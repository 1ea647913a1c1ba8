"""Tables of calls: each call of a resource is one operation over the wire, with one result."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sdk.tests.loopback import Answer, Loopback

# The call, its line and body in the contract, what is answered, and what comes of it.
Operation = tuple[Callable[[Any], object], str, Answer, type, Any]


def ids_of(operations: Sequence[Operation]) -> list[str]:
    """What the operations are called in pytest's output."""
    return [f"{number} {line[:40]}" for number, (_, line, *_) in enumerate(operations)]


def assert_operation(server: Loopback, given: object, operation: Operation) -> None:
    """Make the call with what it is given, and look at what went out and what came back."""
    call, line, answer, result, body = operation
    server.answers(answer)
    assert type(call(given)) is result
    (sent,) = server.seen
    assert f"{sent.method} {sent.path.removeprefix('/v1')}" == line
    assert (sent.json if sent.body else None) == body


def assert_complete(resources: Iterable[object], operations: Iterable[Operation]) -> None:
    """Every public method of the resources is called by some operation."""
    called = {name for call, *_ in operations for name in call.__code__.co_names}
    for resource in resources:
        assert {name for name in dir(resource) if not name.startswith("_")} <= called
