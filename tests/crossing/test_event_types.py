"""Events of a running server are of the SDK's types, and their records are whole."""

from __future__ import annotations

import pytest

from anthyx import (
    Anthyx,
    AnyEvent,
    ApiKeyCreated,
    BaseEvent,
    BrandArchived,
    BrandCreated,
    BrandDeleted,
    BrandUnarchived,
    BrandUpdated,
    ChannelConnected,
    ChannelDisconnected,
    PartialRecord,
    PostApproved,
    PostCommentCreated,
    PostCreated,
    PostDeleted,
    PostScheduled,
    PostTargetInput,
    PostUnapproved,
    PostUpdated,
)
from anthyx.webhooks import sign, verify
from tests.crossing.conftest import Running
from tests.support.apps import make_account

pytestmark = pytest.mark.enable_socket

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

HAPPENED: tuple[type[BaseEvent], ...] = (
    ApiKeyCreated, BrandArchived, BrandCreated, BrandDeleted, BrandUnarchived, BrandUpdated,
    ChannelConnected, ChannelDisconnected, PostApproved, PostCommentCreated, PostCreated,
    PostDeleted, PostScheduled, PostUnapproved, PostUpdated,
)  # fmt: skip


def make_them_happen(client: Anthyx) -> None:
    brand = client.brands.create(name="Blue Bakery")
    client.brands.update(brand, description="Bread")
    client.brands.unarchive(client.brands.archive(brand))
    channel = client.channels.create(brand_id=brand, platform="linkedin", name="Blue")
    targets: list[PostTargetInput] = [{"channel_id": channel.id}]
    post = client.posts.create(brand_id=brand.id, content="Fresh", targets=targets)
    client.posts.create_comment(post, text="Nice")
    client.posts.unapprove(client.posts.approve(client.posts.update(post, notes="soon")))
    client.posts.delete(post)
    client.channels.delete(channel)
    client.brands.delete(brand)
    client.api_keys.create(name="CI")


def test_events_are_typed_and_whole_and_can_be_signed(running: Running) -> None:
    account = make_account(running.app, "growth")
    with Anthyx(account.token, base_url=f"{running.url}/v1") as client:
        make_them_happen(client)
        events: list[AnyEvent] = list(client.events.list(after="oldest"))
    assert {type(each) for each in events} == set(HAPPENED)
    for event in events:
        assert not isinstance(event.data.object, PartialRecord)
        assert event.extra == event.data.extra == {}
        body = event.to_json().encode()
        assert verify(body, sign(body, SECRET), SECRET) == event
