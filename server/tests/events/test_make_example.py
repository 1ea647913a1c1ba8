"""`POST /v1/events`: the catalogue's examples as events of the test mode."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest

from anthyx_server import clock, db, events, keys
from anthyx_server.events import described
from anthyx_server.events.catalogue import TYPES, has_brand
from anthyx_server.webhooks.models import WebhookDelivery
from server.tests.events.happenings import ids, page
from server.tests.events.schemas import problems_of
from server.tests.events.test_visibility import SCOPES
from server.tests.keys.answers import document, events_of, pointers, problem
from tests.support.apps import Account

ENDPOINT = {
    "url": "https://93.184.215.14/hooks",
    "event_types": ["post.*", "webhook_endpoint.*"],
}
ONE_OF_EACH_FAMILY = {each.partition(".")[0]: each for each in TYPES}.values()
ID = re.compile(r"[a-z]+_[0-9a-hjkmnp-tv-z]{26}")


@pytest.fixture
def in_test_mode(account: Account) -> Account:
    """The account through a test key."""
    return account.with_key(mode="test", name="Robot")


def make(account: Account, event_type: str, **body: Any) -> dict[str, Any]:
    return document(account.post("/events", json={"type": event_type, **body}), 201)


def texts(value: Any) -> Iterator[str]:
    """All strings of some JSON."""
    if isinstance(value, str):
        yield value
    inner = value.values() if isinstance(value, dict) else value
    if isinstance(value, dict | list):
        for each in inner:
            yield from texts(each)


def times(value: Any) -> list[datetime]:
    return [datetime.fromisoformat(each) for each in texts(value) if re.match(r"\d{4}-.*Z$", each)]


def test_each_type_can_be_made_and_is_read_as_any_other(in_test_mode: Account) -> None:
    for event_type in TYPES:
        check_made(in_test_mode, event_type)


def check_made(in_test_mode: Account, event_type: str) -> None:
    answer = in_test_mode.post("/events", json={"type": event_type}, headers={"X-Request-Id": "r"})
    made = document(answer, 201)
    assert problems_of(made) == []
    assert answer.headers["Location"] == f"/v1/events/{made['id']}"
    assert in_test_mode.get(f"/events/{made['id']}").get_data() == answer.get_data()
    assert ids(in_test_mode, f"types={event_type}&after=oldest")[-1] == made["id"]
    assert made["workspace_id"] == in_test_mode.workspace_id
    assert made["actor"] == {"type": "api_key", "id": in_test_mode.key_id, "name": "Robot"}
    assert (made["mode"], made["request"]["id"]) == ("test", "r")
    example = described.example_of(event_type)
    assert not {*ID.findall(str(made))} & {*ID.findall(str(example))}
    assert made["data"]["object"].get("mode") in {None, "test"}
    assert "anthyx_live_" not in str(made)


def test_an_example_tells_of_now_and_hangs_together(in_test_mode: Account) -> None:
    made, example = make(in_test_mode, "post.published"), described.example_of("post.published")
    moment = datetime.fromisoformat(made["created_at"])
    assert abs(moment - clock.now()) < timedelta(minutes=1)
    changed = datetime.fromisoformat(made["data"]["object"]["updated_at"])
    assert timedelta() <= moment - changed < timedelta(minutes=1)
    apart = {
        new - old for new, old in zip(times(made["data"]), times(example["data"]), strict=True)
    }
    assert len(apart) == 1
    shown = made["data"]["object"]
    assert made["subject"] == {"type": "post", "id": shown["id"]}
    assert made["brand_id"] == shown["brand_id"]
    before = made["data"]["previous"]["targets"]
    assert [each["channel_id"] for each in shown["targets"]] == [
        each["channel_id"] for each in before
    ]
    assert shown["content"] == example["data"]["object"]["content"]
    assert make(in_test_mode, "post.published")["subject"] != made["subject"]


def test_an_example_is_published_as_any_event(in_test_mode: Account) -> None:
    """Whoever listens is told, in the same transaction and with the same place in the feed."""
    told: list[str] = []

    def hear(_connection: Any, events: list[events.Event]) -> None:
        told.extend(each.id for each in events)

    with events.numbered.connected_to(hear):
        made = make(in_test_mode, "brand.created")
    assert told == [made["id"]]


def test_an_example_goes_to_the_endpoints_of_the_test_mode(in_test_mode: Account) -> None:
    brand = document(in_test_mode.post("/brands", json={"name": "Acme"}), 201)["id"]
    live = in_test_mode.with_key(mode="live")
    every, of_brand, _ = (
        document(by.post("/webhook-endpoints", json={**ENDPOINT, "brand_ids": brands}), 201)["id"]
        for by, brands in ((in_test_mode, None), (in_test_mode, [brand]), (live, None))
    )
    reached = {
        make(in_test_mode, "post.failed")["id"]: {every},
        make(in_test_mode, "post.failed", brand_id=brand)["id"]: {every, of_brand},
        make(in_test_mode, "brand.created", brand_id=brand)["id"]: set(),
        make(in_test_mode, "webhook_endpoint.disabled")["id"]: {every},
        make(in_test_mode, "webhook_endpoint.test")["id"]: set(),
    }
    with in_test_mode.app.app_context():
        rows = db.db.session.query(WebhookDelivery).all()
        for event_id, endpoints in reached.items():
            assert {each.endpoint_id for each in rows if each.event_id == event_id} == endpoints


def test_it_takes_what_writing_and_reading_take(in_test_mode: Account) -> None:
    for event_type in ONE_OF_EACH_FAMILY:
        check_scopes(in_test_mode, event_type)


def check_scopes(in_test_mode: Account, event_type: str) -> None:
    family = SCOPES[event_type.partition(".")[0]]
    needed = {"webhooks:write", "events:read", family}
    assert make(in_test_mode.with_key(scopes=sorted(needed)), event_type)["type"] == event_type
    for scope in needed:
        lacking = in_test_mode.with_key(scopes=[each for each in keys.SCOPES if each != scope])
        told = problem(
            lacking.post("/events", json={"type": event_type}), 403, "insufficient_scope"
        )
        assert scope in told["required_scopes"]


def test_a_live_key_makes_none_and_is_told_what_would(account: Account) -> None:
    before = events_of(account.app)
    told = problem(account.post("/events", json={"type": "post.created"}), 409, "invalid_state")
    assert (told["state"], "anthyx_test_" in told["detail"]) == ("live", True)
    assert events_of(account.app) == before


def test_what_cannot_be_made_is_refused(in_test_mode: Account) -> None:
    for body, wrong in (
        ({}, {"/type"}),
        ({"type": "post.*"}, {"/type"}),
        ({"type": "post.forgotten"}, {"/type"}),
        ({"type": None}, {"/type"}),
        ({"type": "post.created", "brand_id": "post_1"}, {"/brand_id"}),
        ({"type": "post.created", "mode": "live"}, {"/mode"}),
        ({"type": "usage.threshold_reached", "brand_id": "brand_" + "0" * 26}, {"/brand_id"}),
        ({"type": "post.created", "brand_id": "brand_" + "0" * 26}, {"/brand_id"}),
    ):
        assert pointers(in_test_mode.post("/events", json=body)) == wrong


def test_an_example_can_be_of_a_brand_that_there_is(in_test_mode: Account) -> None:
    brand = document(in_test_mode.post("/brands", json={"name": "Acme"}), 201)["id"]
    for event_type in filter(has_brand, TYPES):
        made = make(in_test_mode, event_type, brand_id=brand)
        assert problems_of(made) == []
        assert made["brand_id"] == brand
        assert brand in {made["subject"]["id"], made["data"]["object"].get("brand_id", brand)}
    assert len(page(in_test_mode, f"brand_id={brand}&limit=100")["data"]) == 20
    live = document(in_test_mode.with_key(mode="live").post("/brands", json={"name": "B"}), 201)
    body = {"type": "post.created", "brand_id": live["id"]}
    assert pointers(in_test_mode.post("/events", json=body)) == {"/brand_id"}


def test_a_key_of_some_brands_makes_examples_of_them(in_test_mode: Account) -> None:
    own, other = [
        document(in_test_mode.post("/brands", json={"name": name}), 201)["id"] for name in "ab"
    ]
    restricted = in_test_mode.with_key(scopes=list(keys.DEFAULT_SCOPES), brand_ids=[own])
    made = make(restricted, "channel.connected")
    assert made["brand_id"] == own
    assert ids(restricted, "types=channel.*") == [made["id"]]
    assert make(restricted, "post.failed", brand_id=own)["brand_id"] == own
    body = {"type": "post.failed", "brand_id": other}
    assert pointers(restricted.post("/events", json=body)) == {"/brand_id"}
    for event_type in ("usage.threshold_reached", "webhook_endpoint.test"):
        assert pointers(restricted.post("/events", json={"type": event_type})) == {"/type"}


def test_a_repeated_request_makes_one_event(in_test_mode: Account) -> None:
    headers = {"Idempotency-Key": "once"}
    made = [
        in_test_mode.post("/events", json={"type": "brand.created"}, headers=headers).get_data()
        for _ in range(2)
    ]
    assert made[0] == made[1]
    assert len(ids(in_test_mode, "types=brand.*")) == 1
    assert orjson.loads(made[0])["request"]["idempotency_key"] == "once"
    key = in_test_mode.post(
        "/events", json={"type": "api_key.created"}, headers={"Idempotency-Key": "k"}
    )
    assert document(key, 201)["request"]["idempotency_key"] is None


def test_an_example_beside_the_feed_is_read_by_its_id_alone(account: Account) -> None:
    """As a test of an endpoint sends it: live too, and nobody else is told."""
    for event_type in TYPES:
        check_beside_the_feed(account, event_type)


def check_beside_the_feed(account: Account, event_type: str) -> None:
    newest = ids(account, "limit=1")
    told: list[object] = []

    def hear(_connection: Any, events: list[events.Event]) -> None:
        told.extend(events)

    with (
        events.numbered.connected_to(hear),
        events.published.connected_to(told.append),
        account.app.app_context(),
        db.transaction(),
    ):
        event = events.publish_example(account.caller, event_type, in_feed=False)
        event_id, body = event.id, event.body
    assert told == []
    assert problems_of(orjson.loads(body)) == []
    assert orjson.loads(body)["mode"] == "live"
    assert account.get(f"/events/{event_id}").get_data() == body
    assert ids(account, "limit=1") == newest
    assert event_id not in ids(account, f"after=oldest&limit=100&types={event_type}")
    problem(account.get(f"/events?after={event_id}"), 400, "invalid_cursor")


def test_an_example_of_no_type_is_an_error(account: Account) -> None:
    with account.app.app_context(), db.transaction(), pytest.raises(LookupError):
        events.publish_example(account.caller, "post.forgotten", in_feed=True)
