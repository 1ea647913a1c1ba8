"""Events by their type: the class, what it carries, and what becomes of what is cut or new."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import threading
import typing
from typing import Any

import pytest

import anthyx
from anthyx import (
    AnyEvent,
    ApiKeyLeaked,
    BaseEvent,
    Brand,
    BrandUpdated,
    Event,
    EventData,
    LeakedApiKey,
    PartialRecord,
    PostCommentCreated,
    UsageThreshold,
    UsageThresholdReached,
    WebhookPayloadError,
)
from anthyx._event_decoding import decode_event, lazy_event
from anthyx._models import DecodeError
from anthyx.events import EventType
from sdk.tests import samples

CLASSES = typing.get_args(AnyEvent)
KNOWN = typing.get_args(typing.get_args(EventType)[0])


def of(event_type: str, shown: Any, **changes: Any) -> dict[str, Any]:
    data = {"object": shown, "previous": None, "truncated": False}
    return samples.event(type=event_type, data=data, **changes)


def test_every_known_type_has_a_class_named_after_it() -> None:
    for name in KNOWN:
        words = name.replace(".", "_").split("_")
        assert type(decode_event(of(name, {}))).__name__ == "".join(map(str.title, words))
    assert len(CLASSES) == len(KNOWN) + 1
    assert all(getattr(anthyx, cls.__name__) is cls for cls in CLASSES)


@pytest.mark.parametrize("read", [decode_event, lazy_event])
@pytest.mark.parametrize(
    ("name", "shown", "model"),
    [
        ("brand.updated", samples.brand(), Brand),
        ("post.comment.created", samples.comment(), anthyx.PostComment),
        ("post.failed", samples.post(), anthyx.Post),
        ("channel.connected", samples.channel(), anthyx.Channel),
        ("analytics.updated", samples.post_analytics(), anthyx.PostAnalytics),
        ("api_key.created", samples.api_key(), anthyx.ApiKey),
    ],
)
def test_the_record_is_the_one_of_its_resource(
    read: Any, name: str, shown: dict[str, Any], model: type
) -> None:
    data = of(name, shown)
    event = read(data)
    assert type(event.data.object) is model
    assert event.to_dict() == data


def test_events_that_carry_more_than_a_resource() -> None:
    found = {"url": "https://gist.example/1", "source": None}
    leaked = decode_event(of("api_key.leaked", {**samples.api_key(), "found": found}))
    assert isinstance(leaked, ApiKeyLeaked)
    assert isinstance(leaked.data.object, LeakedApiKey)
    assert leaked.data.object.found.url == "https://gist.example/1"
    shown = {
        "type": "usage",
        "key_id": "key_1",
        "family_id": "key_1",
        "window": "day",
        "threshold_percent": 80,
        "limit": 5000,
        "used": 4000,
        "resets_at": samples.TIME,
    }
    usage = decode_event(of("usage.threshold_reached", shown))
    assert isinstance(usage, UsageThresholdReached)
    assert isinstance(usage.data.object, UsageThreshold)
    assert (usage.data.object.used, usage.data.object.to_dict()) == (4000, shown)


@pytest.mark.parametrize("read", [decode_event, lazy_event])
@pytest.mark.parametrize(
    "shown",
    [
        {"type": "brand", "id": "brand_1"},
        samples.brand(created_at="yesterday"),
        samples.brand(colors=[{"name": "older than hex"}]),
        {},
    ],
    ids=["cut", "time", "nested", "empty"],
)
def test_a_record_that_is_not_whole_is_said_to_be_partial(read: Any, shown: Any) -> None:
    data = of("brand.updated", shown)
    event = read(data)
    assert type(event) is BrandUpdated
    assert event.data.object == PartialRecord(extra=shown)
    assert event.to_dict() == data


@pytest.mark.parametrize("read", [decode_event, lazy_event])
@pytest.mark.parametrize("name", ["moon.landed", "post", "", "webhook_endpoint"])
def test_a_type_that_is_not_known_is_a_plain_event(read: Any, name: str) -> None:
    event = read(of(name, {"craft": "Eagle"}, planet="moon"))
    assert type(event) is Event
    assert type(event.data) is EventData
    assert (event.type, event.extra) == (name, {"planet": "moon"})
    assert event.data.object == {"craft": "Eagle"}


@pytest.mark.parametrize("read", [decode_event, lazy_event])
@pytest.mark.parametrize("data", [None, [], "x", {}, samples.event(data=None), {"type": []}])
def test_what_is_no_event_is_refused(read: Any, data: Any) -> None:
    with pytest.raises(DecodeError):
        read(data)


def test_an_event_that_was_not_read_yet_is_like_one_that_was() -> None:
    data = samples.event(new=[1])
    whole = decode_event(data)
    for twin in (
        lazy_event(data),
        pickle.loads(pickle.dumps(lazy_event(data))),  # noqa: S301 - our own
        copy.copy(lazy_event(data)),
        copy.deepcopy(lazy_event(data)),
        dataclasses.replace(lazy_event(data)),
    ):
        assert twin == whole
        assert (hash(twin), repr(twin)) == (hash(whole), repr(whole))
        assert twin.to_dict() == data
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = lazy_event(data).nonsense  # type: ignore[union-attr]
    with pytest.raises(AttributeError):
        _ = BrandUpdated.__new__(BrandUpdated).id
    with pytest.raises(dataclasses.FrozenInstanceError):
        lazy_event(data).id = "evt_2"  # type: ignore[misc]


def test_threads_may_look_at_one_event_at_once() -> None:
    for _ in range(50):
        event = lazy_event(samples.event())
        found: list[str] = []
        barrier = threading.Barrier(4)

        def look(event: AnyEvent = event, found: list[str] = found) -> None:
            barrier.wait()  # noqa: B023 - joined before the next round
            found.append(event.data.to_json() + event.workspace_id)

        threads = [threading.Thread(target=look) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 4
        assert len(set(found)) == 1


@pytest.mark.parametrize(
    "changes", [{"created_at": "soon"}, {"actor": {}}, {"subject": {"id": "x"}}, {"request": 5}]
)
def test_a_signed_envelope_that_can_t_be_read_is_of_the_documented_family(changes: Any) -> None:
    event = lazy_event(samples.event(**changes))
    with pytest.raises(WebhookPayloadError):
        _ = event.data


def test_every_event_is_a_base_event() -> None:
    assert all(issubclass(cls, BaseEvent) for cls in CLASSES)
    assert PostCommentCreated.__doc__ == "Somebody commented on a post."
