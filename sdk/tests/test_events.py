"""Events: polls that go on by the last id, and a stream that never ends."""

from __future__ import annotations

from itertools import islice

import pytest

from anthyx import Anthyx, APIError, BadRequestError, Event
from sdk.tests import samples
from sdk.tests.loopback import Answer, Loopback, ok, problem

pytestmark = pytest.mark.enable_socket

USED_UP = samples.limit_headers((0, 30))


def _events(*numbers: int, has_more: bool = False) -> Answer:
    items = [samples.event(id=f"evt_{number}") for number in numbers]
    return ok({"data": items, "has_more": has_more, "next_cursor": None})


def _asked(server: Loopback) -> list[str]:
    return [seen.path.removeprefix("/v1/events?") for seen in server.seen]


def test_a_poll_goes_on_after_the_last_event(client: Anthyx, server: Loopback) -> None:
    server.answers(_events(2, 3, has_more=True), _events(4, 5, has_more=True), _events())
    found = [event.id for event in client.events.list(after="evt_1", page_size=2)]
    assert found == ["evt_2", "evt_3", "evt_4", "evt_5"]
    assert _asked(server) == [f"after=evt_{number}&limit=2" for number in (1, 3, 5)]


def test_a_poll_stops_at_its_limit(client: Anthyx, server: Loopback) -> None:
    server.answers(_events(2, 3, has_more=True), _events(4, has_more=True))
    found = [event.id for event in client.events.list(after="oldest", page_size=2, limit=3)]
    assert found == ["evt_2", "evt_3", "evt_4"]
    assert _asked(server) == ["after=oldest&limit=2", "after=evt_3&limit=1"]


def test_a_stream_goes_on_for_ever(client: Anthyx, server: Loopback) -> None:
    server.answers(
        _events(7), _events(), _events(8, 9, has_more=True), _events(10), _events(), _events(11)
    )
    found = [event.id for event in islice(client.events.follow(types="post.*"), 4)]
    assert found == ["evt_8", "evt_9", "evt_10", "evt_11"]
    rest = "wait=20&limit=100"
    assert _asked(server) == [
        "limit=1",
        *(f"types=post.%2A&after=evt_{number}&{rest}" for number in (7, 7, 9, 10, 10)),
    ]


def test_a_stream_of_a_workspace_where_nothing_happened_yet(
    client: Anthyx, server: Loopback
) -> None:
    server.answers(_events(), _events(), _events(1))
    assert next(client.events.follow(brand_id="brand_1", wait=5)).id == "evt_1"
    assert _asked(server)[1:] == ["brand_id=brand_1&after=oldest&wait=5&limit=100"] * 2


def test_a_stream_that_was_quiet_for_30_days_goes_on_with_what_is_kept(
    client: Anthyx, server: Loopback
) -> None:
    server.answers(_events(), problem(400, "invalid_cursor"), _events(40))
    assert next(client.events.follow(after="evt_1")).id == "evt_40"
    assert [path.partition("&")[0] for path in _asked(server)] == [
        "after=evt_1",
        "after=evt_1",
        "after=oldest",
    ]


def test_a_stream_that_may_have_missed_something_says_so(client: Anthyx, server: Loopback) -> None:
    for before in ([], [_events(2, has_more=True)]):
        server.answers(*before, problem(400, "invalid_cursor"))
        with pytest.raises(BadRequestError):
            list(client.events.follow(after="evt_1"))


def test_polls_are_not_held_up_by_the_plan_s_windows(client: Anthyx, server: Loopback) -> None:
    limited = client.with_options(rate_limit="raise")
    server.answers(ok(samples.page(), headers=USED_UP), _events(2))
    assert list(limited.brands.list()) == []
    assert [event.id for event in limited.events.list(after="evt_1")] == ["evt_2"]
    assert len(limited.events.list(after="evt_1", wait=0).page()) == 1
    with pytest.raises(APIError):
        limited.events.list().page()


def test_an_event_of_an_unknown_type_is_an_event(client: Anthyx, server: Loopback) -> None:
    server.answers(
        ok(samples.event(type="moon.landed", request=None, brand_id=None, planet="earth"))
    )
    event = client.events.get("evt_1")
    assert isinstance(event, Event)
    assert (event.type, event.request, event.extra) == ("moon.landed", None, {"planet": "earth"})
    assert event.data.object["name"] == "Acme"
    assert event.data.previous == {"name": "Acme Inc"}
    assert event.subject.id == "brand_1"
    assert hash(event) == hash(client.events.get(event))


def test_event_types_can_be_gone_through(client: Anthyx, server: Loopback) -> None:
    server.answers(ok(samples.event_types()))
    (found,) = client.event_types.list()
    assert (found.name, found.example) == ("brand.updated", samples.event())
    assert found.schema["type"] == "object"


def test_an_example_event_takes_its_brand_as_it_was_fetched(
    client: Anthyx, server: Loopback
) -> None:
    server.answers(ok(samples.brand()), ok(samples.event(), 201))
    client.events.create(type="brand.updated", brand_id=client.brands.get("brand_1"))
    assert server.seen[1].json == {"type": "brand.updated", "brand_id": "brand_1"}


def test_an_example_event_of_no_brand_in_particular(client: Anthyx, server: Loopback) -> None:
    server.answers(ok(samples.event(), 201))
    made = client.events.create(type="brand.updated", idempotency_key="once")
    assert made.id == "evt_1"
    (sent,) = server.seen
    assert (sent.json, sent.headers["idempotency-key"]) == ({"type": "brand.updated"}, "once")
