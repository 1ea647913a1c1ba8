"""The judge of a run notices each promise that is broken."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.faults.receiver import Receipt
from tests.faults.verdict import Attempted, Recorded, judge, longest_takeover, slowest_without_redis

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
PAIR = ("we_1", "evt_1")


def attempted(number: int, *, error: str | None = None, after: float = 0) -> Attempted:
    return Attempted(number, NOON + timedelta(seconds=after), error)


def received(attempt: int = 1, status: int = 204, event_id: str = "evt_1") -> Receipt:
    return Receipt(event_id, attempt, status, NOON.timestamp())


DONE = Recorded("succeeded", 1, (attempted(1),))
CUT_OFF = Recorded("succeeded", 2, (attempted(1, error="interrupted"), attempted(2, after=5)))


def broken(found: Recorded | None, *receipts: Receipt) -> dict[str, int]:
    deliveries = {} if found is None else {PAIR: found}
    return judge(["evt_1"], deliveries, {"we_1": receipts}).broken()


def test_a_delivery_that_arrived_once_is_in_order() -> None:
    assert broken(DONE, received()) == {}


def test_a_dead_one_with_its_attempts_on_record_is_in_order() -> None:
    assert broken(Recorded("dead", 1, (attempted(1, error="timeout"),))) == {}


def test_an_event_without_a_delivery_is_missing() -> None:
    assert broken(None) == {"missing": 1}


def test_a_delivery_that_waits_is_unfinished() -> None:
    assert broken(Recorded("pending", 0)) == {"unfinished": 1}


def test_an_attempt_without_a_record_is_noticed() -> None:
    assert broken(Recorded("dead", 2, (attempted(2),))) == {"unrecorded_attempts": 1}


def test_a_success_that_nobody_received_is_noticed() -> None:
    assert broken(DONE, received(status=500)) == {"succeeded_but_not_received": 1}


def test_an_event_that_was_rolled_back_is_noticed() -> None:
    assert broken(DONE, received(), received(event_id="evt_2")) == {"never_committed": 1}


def test_what_arrives_twice_needs_an_attempt_of_which_nobody_knows_how_it_ended() -> None:
    assert broken(CUT_OFF, received(1), received(2)) == {}
    too_late = Recorded("succeeded", 2, (attempted(1, error="timeout"), attempted(2, after=5)))
    assert broken(too_late, received(1), received(2)) == {}
    refused = Recorded("succeeded", 2, (attempted(1, error="http_status"), attempted(2, after=5)))
    assert broken(refused, received(1), received(2)) == {"sent_again_without_cause": 1}
    twice = Recorded("succeeded", 2, (attempted(1), attempted(2)))
    assert broken(twice, received(1), received(2)) == {"sent_again_without_cause": 1}


def test_a_takeover_is_timed_from_the_attempt_that_was_cut_off() -> None:
    assert longest_takeover([DONE, CUT_OFF]) == 5


def test_events_made_without_redis_are_timed_to_their_first_receipt() -> None:
    made_at = {"evt_1": NOON.timestamp() - 1.5, "evt_2": NOON.timestamp() - 60}
    away = [(NOON.timestamp() - 2, NOON.timestamp())]
    assert slowest_without_redis(made_at, [received(), received(2)], away) == 1.5
    assert slowest_without_redis(made_at, [received()], []) is None
