"""A customer's mistakes: a type checker that misses one calls its comment unnecessary."""

from __future__ import annotations

from anthyx import AnyEvent, PostPublished
from anthyx.webhooks import verify


def bodies_that_are_text(body: str) -> AnyEvent:
    return verify(body, {}, "whsec_…")  # type: ignore[arg-type]


def secrets_that_are_none(secret: str | None) -> AnyEvent:
    return verify(b"", {}, secret)  # type: ignore[arg-type]


def records_that_may_be_cut(event: PostPublished) -> str:
    return event.data.object.content  # type: ignore[union-attr]


def records_that_only_some_events_have(event: AnyEvent) -> str:
    return event.data.object.content  # type: ignore[union-attr]


def types_that_there_are_not(event: AnyEvent) -> bool:
    return event.type == "post.publishd"  # type: ignore[comparison-overlap]


def fields_that_there_are_not(event: AnyEvent) -> object:
    return event.nonsense  # type: ignore[union-attr]


def changing_what_is_frozen(event: PostPublished) -> None:
    event.id = "evt_2"  # type: ignore[misc]
