"""Claims: who is served, with how much, and what it costs to find out."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from anthyx_server import clock
from anthyx_server.webhooks.engine.claims import QUOTA
from anthyx_server.webhooks.models import WebhookDelivery, WebhookEndpoint, WebhookQueue
from server.tests.webhooks.engine.desk import Desk, over
from tests.support.apps import Account
from tests.support.costs import executed
from tests.support.deliveries import change, deliveries, line, publish, subscribe


def test_each_endpoint_has_its_turn_with_a_quota(account: Account, desk: Desk) -> None:
    deep = subscribe(account, "http://a.example/", max_in_flight=32)
    publish(account, 40)
    shallow = subscribe(account, "http://b.example/")
    publish(account, 1)
    first = Counter(each.endpoint_id for each in desk.claim())
    assert first == {deep: QUOTA, shallow: 1}


def test_who_waited_longest_comes_first(account: Account, desk: Desk) -> None:
    ids = [subscribe(account, f"http://{name}.example/") for name in "abc"]
    publish(account, 3)
    assert [each.endpoint_id for each in desk.claim(1)] == [ids[0]]
    assert [each.endpoint_id for each in desk.claim(1)] == [ids[1]]
    assert [each.endpoint_id for each in desk.claim(1)] == [ids[2]]
    assert [each.endpoint_id for each in desk.claim(1)] == [ids[0]]


def test_no_more_are_under_way_than_the_endpoint_allows(account: Account, desk: Desk) -> None:
    endpoint_id = subscribe(account, "http://a.example/", max_in_flight=3)
    publish(account, 10)
    claimed = desk.claim()
    assert (len(claimed), desk.claim()) == (3, [])
    assert line(account, endpoint_id).in_flight == 3
    desk.results.record([over(claimed[0]), over(claimed[1], 500)])
    assert line(account, endpoint_id).in_flight == 1
    assert len(desk.claim()) == 2


def test_a_sequence_is_given_once_and_kept(account: Account, desk: Desk) -> None:
    subscribe(account, "http://a.example/", max_in_flight=2)
    publish(account, 3)
    claimed = desk.claim()
    assert [each.sequence for each in claimed] == [1, 2]
    desk.results.record([over(claimed[0], 500), over(claimed[1])])
    change(account, WebhookDelivery, {"status": "failed"}, next_attempt_at=clock.now())
    again = {each.id: each for each in desk.claim()}
    assert again.pop(claimed[0].id)[6:8] == (1, 2), "its number, and that of the second attempt"
    assert [each.sequence for each in again.values()] == [3]


def test_a_held_endpoint_gets_one_probe_once_the_hold_is_over(account: Account, desk: Desk) -> None:
    endpoint_id = subscribe(account, "http://a.example/")
    publish(account, 5)
    where = {"endpoint_id": endpoint_id}
    change(account, WebhookQueue, where, held_until=clock.now() + timedelta(seconds=60))
    assert desk.claim() == []
    change(account, WebhookQueue, where, held_until=clock.now())
    (probe,) = desk.claim()
    assert desk.claim() == [], "one at a time"
    desk.succeed([probe])
    assert len(desk.claim()) == 4


def test_what_somebody_asked_for_passes_a_hold_and_the_backlog(
    account: Account, desk: Desk
) -> None:
    endpoint_id = subscribe(account, "http://a.example/")
    publish(account, 5)
    asked = deliveries(account)[-1]
    held = {"held_until": clock.now() + timedelta(seconds=60)}
    change(account, WebhookQueue, {"endpoint_id": endpoint_id}, **held)
    values = {"trigger": "manual", "next_attempt_at": clock.now()}
    change(account, WebhookDelivery, {"id": asked.id}, **values)
    (claimed,) = desk.claim()
    assert (claimed.id, claimed.trigger, claimed.round_attempts) == (asked.id, "manual", 0)


@pytest.mark.parametrize(
    "values",
    [{"status": "disabled"}, {"deleted_at": clock.now()}],
    ids=["disabled", "deleted"],
)
def test_nothing_is_claimed_for_an_endpoint_that_is_off(
    account: Account, desk: Desk, values: dict[str, object]
) -> None:
    endpoint_id = subscribe(account, "http://a.example/")
    publish(account)
    found = desk.claims.find()
    change(account, WebhookEndpoint, {"id": endpoint_id}, **values)
    assert desk.claims.claim(found, 10).claimed == [], "not even where it was found before"
    assert desk.claims.find() == []


def test_a_rate_gives_each_attempt_its_moment(account: Account, desk: Desk) -> None:
    subscribe(account, "http://a.example/", rate_per_second=90, max_in_flight=32)
    publish(account, 20)
    starts = [round(each.starts_in * 90, 2) for each in desk.claim()]
    assert starts == [0, 1, 2, 3, 4]


def test_a_host_is_paced_over_all_endpoints(account: Account, desk: Desk) -> None:
    for path in ("one", "two"):
        subscribe(account, f"http://a.example/{path}", max_in_flight=32)
    subscribe(account, "http://b.example/", max_in_flight=32)
    publish(account, 60)
    total: Counter[str] = Counter()
    slots = []
    for _ in range(4):
        for each in desk.claim():
            total[each.endpoint_id] += 1
            slots.append(each.starts_in)
    assert max(slots) <= 0.06, "1000 a second and host, up to the horizon"
    assert sum(total.values()) <= 96


def test_those_of_a_crowded_host_lose_their_turn(account: Account, desk: Desk) -> None:
    """Else they would be found first for ever, and others not at all."""
    crowd = [
        subscribe(account, f"http://a.example/{number}", max_in_flight=32) for number in range(8)
    ]
    other = subscribe(account, "http://b.example/")
    publish(account, 20)
    served = {each.endpoint_id for each in desk.claim()}
    assert other in served
    assert served < {*crowd, other}, "the host's slots were not enough"
    assert all(line(account, each).served_at is not None for each in crowd)


def test_a_claim_costs_the_same_statements_whatever_waits(account: Account, desk: Desk) -> None:
    for name in "abc":
        subscribe(account, f"http://{name}.example/", max_in_flight=32)
    costs = []
    for count in (3, 200):
        publish(account, count)
        desk.succeed(desk.claim(3))
        with executed(desk.engine) as to_claim:
            claimed = desk.claim(3)
        with executed(desk.engine) as to_record:
            desk.succeed(claimed)
        costs.append((len(to_claim), len(to_record)))
    assert costs[0] == costs[1]
    assert max(costs[1]) <= 10


def test_looking_takes_no_write_lock(account: Account, desk: Desk) -> None:
    subscribe(account, "http://a.example/")
    with executed(desk.engine) as sent:
        assert desk.claims.find() == []
    assert sent
    assert not [text for text, _ in sent if "IMMEDIATE" in text or "UPDATE" in text]
