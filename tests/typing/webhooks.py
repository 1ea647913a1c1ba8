"""A customer's program: what type checkers tell of the events that it handles."""

from __future__ import annotations

from typing import assert_never, assert_type

from flask import Flask
from flask.typing import ResponseReturnValue

from anthyx import (
    Anthyx,
    AnyEvent,
    Brand,
    BrandUpdated,
    ChannelConnected,
    Event,
    PartialRecord,
    Post,
    PostEventData,
    PostFailed,
    PostPublished,
    WebhookVerificationError,
)
from anthyx.webhooks import sign, verify
from anthyx.webhooks.fastapi import webhook as dependency
from anthyx.webhooks.flask import webhook

app = Flask(__name__)


@app.post("/hooks")
@webhook(lambda: ["whsec_…"])
def on_event(event: AnyEvent) -> ResponseReturnValue:
    assert_type(event.type == "post.published", bool)
    return by_class(event), 200


verified = dependency("whsec_…", tolerance=60)


def receive(body: bytes, headers: dict[str, str]) -> str:
    try:
        event = verify(body, headers, secret=["whsec_…", "whsec_…"])
    except WebhookVerificationError as error:
        return str(error)
    assert_type(event, AnyEvent)
    assert_type(sign(body, "whsec_…"), dict[str, str])
    return by_type(event)


def by_type(event: AnyEvent) -> str:
    if event.type == "post.published":
        assert_type(event, PostPublished)
        assert_type(event.data, PostEventData)
        assert_type(event.data.object, Post | PartialRecord)
        if isinstance(event.data.object, Post):
            return event.data.object.content
    if event.type == "brand.updated":
        assert_type(event, BrandUpdated)
    return event.id


def by_class(event: AnyEvent) -> str:
    match event:
        case (
            PostPublished(data=PostEventData(object=Post() as post))
            | PostFailed(data=PostEventData(object=Post() as post))
        ):
            assert_type(post, Post)
            return post.content
        case BrandUpdated():
            assert_type(event.data.object, Brand | PartialRecord)
            return str(event.data.previous)
        case Event():
            # A type that is newer than the package: JSON.
            return f"{event.type}: {event.data.object}"
        case _:
            return event.subject.id


def by_match_of_the_type(event: ChannelConnected | PostFailed) -> str:
    match event.type:
        case "channel.connected":
            return event.id
        case "post.failed":
            return event.id
        case _:
            assert_never(event.type)


def polled(client: Anthyx) -> None:
    for event in client.events.list(after="oldest"):
        assert_type(event, AnyEvent)
    assert_type(client.events.get("evt_1"), AnyEvent)
    for event in client.events.follow():
        assert_type(event, AnyEvent)
        client.events.get(event)
