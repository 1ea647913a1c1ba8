"""The rules by themselves: waits, verdicts, holds, slots."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from anthyx_server.webhook_settings import WebhookSettings
from anthyx_server.webhooks.engine.health import Health
from anthyx_server.webhooks.engine.pacing import FARTHEST_SECONDS, HORIZON_SECONDS, Pace
from anthyx_server.webhooks.engine.retry import Verdict, judge, wait_seconds

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
SCHEDULE = WebhookSettings().retry_seconds


def failed(
    status: str = "pending",
    trigger: str = "automatic",
    attempts: tuple[int, int] = (1, 1),
    recovery_id: str | None = None,
    **what: object,
) -> Verdict:
    delivery = (status, trigger, *attempts, recovery_id)
    return judge(SCHEDULE, delivery, NOW, is_success=False, **what)  # type: ignore[arg-type]


def test_the_schedule_is_ten_attempts_within_75_hours_and_35_minutes() -> None:
    waits = []
    for number in range(1, 10):
        verdict = failed("failed", attempts=(number, number))
        assert verdict.status == "failed"
        assert verdict.next_attempt_at is not None
        waits.append((verdict.next_attempt_at - NOW).total_seconds())
    assert [1 <= wait / planned <= 1.2 for wait, planned in zip(waits, SCHEDULE, strict=True)]
    assert sum(SCHEDULE) == 75 * 3600 + 35 * 60 + 5
    last = failed("failed", attempts=(10, 10))
    assert (last.status, last.next_attempt_at, last.is_completed) == ("dead", None, True)


@pytest.mark.parametrize(
    ("retry_after", "chance", "expected"),
    [
        (None, 0.0, 100),
        (None, 1.0, 120),
        (60, 0.0, 100),
        (500, 1.0, 500),
        (10**9, 0.0, 86_400),
    ],
)
def test_retry_after_is_a_floor(retry_after: float | None, chance: float, expected: float) -> None:
    assert wait_seconds(100, retry_after, chance) == expected


@pytest.mark.parametrize(
    ("before", "after", "is_due"),
    [
        ("pending", "pending", True),
        ("failed", "failed", True),
        ("succeeded", "succeeded", False),
        ("dead", "dead", False),
        ("skipped", "dead", False),
    ],
)
def test_a_manual_attempt_that_fails_takes_nothing_away(
    before: str, after: str, is_due: bool
) -> None:
    attempts = (3, 0 if before == "pending" else 2)
    verdict = failed(before, "manual", attempts)
    assert (verdict.status, verdict.next_attempt_at is not None) == (after, is_due)
    assert verdict.trigger == "automatic"
    assert verdict.is_completed == (before == "skipped")


def test_a_test_is_one_attempt_and_a_recovery_a_whole_schedule() -> None:
    assert failed(trigger="test").status == "dead"
    verdict = failed("dead", "recovery", (11, 1), "rcv_1")
    assert (verdict.status, verdict.trigger) == ("failed", "recovery")


def test_an_interrupted_attempt_does_not_count_until_the_delivery_looks_guilty() -> None:
    for given_back, due in ((0, None), (2, None), (3, NOW), (99, NOW)):
        assert failed(attempts=(given_back + 1, 1), is_interrupted=True) == Verdict(
            "failed", "automatic", due, is_given_back=True
        )
    guilty = failed(attempts=(101, 10), is_interrupted=True)
    assert guilty.status == "dead"


def test_a_hold_grows_with_the_failures_within_bounds() -> None:
    seconds = []
    for after in (0, 10, 100, 10_000):
        health = Health(None, NOW, 1, None, None)
        moment = NOW + timedelta(seconds=after)
        health.hold(moment, None)
        assert health.held_until is not None
        seconds.append((health.held_until - moment).total_seconds())
    assert seconds == [1, 5, 50, 300]


def test_a_receiver_may_ask_for_a_longer_hold_and_a_success_ends_it() -> None:
    health = Health(None, NOW, 1, None, None)
    health.hold(NOW, 86_400)
    assert health.held_until == NOW + timedelta(hours=1), "no longer than that"
    health.succeed(NOW)
    assert health == Health(None, None, 0, NOW, None)


@pytest.mark.parametrize(
    ("failures", "hours", "is_hopeless"),
    [(99, 24, False), (100, 23.9, False), (100, 24, True), (1, 119.9, False), (1, 120, True)],
)
def test_an_endpoint_is_given_up(failures: int, hours: float, is_hopeless: bool) -> None:
    health = Health(None, NOW - timedelta(hours=hours), failures, None, None)
    assert health.is_hopeless(NOW) == is_hopeless


@pytest.mark.parametrize("rate", [1, 7, 300, 1000])
def test_slots_are_one_interval_apart_whoever_takes_them(rate: int) -> None:
    """Each claim reads and keeps the row anew, at moments of its own."""
    start = NOW.timestamp()
    paced_until: datetime | None = None
    slots: list[float] = []
    moment = start
    while moment < start + 3:
        pace = Pace.of(rate, paced_until, moment)
        slots.extend(pace.take(moment) for _ in range(pace.free(moment) or 0))
        paced_until = pace.paced_until()
        moment += 0.013
    gaps = [after - before for before, after in itertools.pairwise(slots)]
    assert min(gaps) >= 1 / rate - 1e-6
    assert len(slots) >= 0.9 * 3 * rate
    assert max(slots) <= moment + HORIZON_SECONDS


def test_a_clock_that_was_set_back_stops_nothing() -> None:
    far = datetime.fromtimestamp(NOW.timestamp() + FARTHEST_SECONDS + 1, UTC)
    assert Pace.of(1, far, NOW.timestamp()).free(NOW.timestamp()) == 1
