"""Sweeping: what is left behind goes on or ends, and numbers that are wrong are put right."""

from __future__ import annotations

from datetime import timedelta

import pytest

from anthyx_server import clock
from anthyx_server.webhooks.models import WebhookDelivery, WebhookEndpoint, WebhookQueue
from server.tests.limits.moved_clock import MovedClock
from server.tests.webhooks.engine.desk import Desk
from tests.support.apps import Account
from tests.support.deliveries import attempts, change, deliveries, line, publish, subscribe


def expire(account: Account) -> None:
    """Let every lease be over."""
    change(account, WebhookDelivery, {}, leased_until=clock.now())


@pytest.fixture
def endpoint_id(account: Account) -> str:
    """An endpoint with three deliveries."""
    made = subscribe(account, "http://a.example/")
    publish(account, 3)
    return made


def test_what_a_dead_process_had_is_on_record_and_due_at_once(
    account: Account, desk: Desk, endpoint_id: str
) -> None:
    claimed = desk.claim(2)
    expire(account)
    desk.sweeper.sweep()
    found = {each.id: each for each in deliveries(account)}
    assert {found[each.id].status for each in claimed} == {"failed"}
    assert {found[each.id].round_attempts for each in claimed} == {0}, "it costs no retry"
    assert [each.error_code for each in attempts(account)] == ["interrupted"] * 2
    assert {each.url for each in attempts(account)} == {"http://a.example/"}
    assert line(account, endpoint_id).in_flight == 0
    assert line(account, endpoint_id).consecutive_failures == 0, "not the endpoint's fault"
    assert {each.number for each in desk.claim()} == {1, 2}


def test_what_is_cut_off_keeps_its_place_until_it_looks_guilty(
    account: Account, desk: Desk, endpoint_id: str
) -> None:
    in_line = [each.id for each in deliveries(account)]
    for place, each in enumerate(in_line):
        due = clock.now() - timedelta(seconds=len(in_line) - place)
        change(account, WebhookDelivery, {"id": each}, next_attempt_at=due)
    cut_off = []
    for _ in range(5):
        cut_off += [each.id for each in desk.claim(1)]
        expire(account)
        desk.sweeper.sweep()
    assert cut_off == [in_line[0]] * 4 + [in_line[1]], "then the next one has its turn"


def test_leases_that_hold_are_left_alone(account: Account, desk: Desk, endpoint_id: str) -> None:
    desk.claim(2)
    desk.sweeper.sweep()
    assert attempts(account) == []
    assert line(account, endpoint_id).in_flight == 2


@pytest.mark.parametrize(("counted", "claimed"), [(7, 2), (1, 2), (0, 2), (3, 0)])
def test_a_count_that_drifted_is_put_right(
    account: Account, desk: Desk, endpoint_id: str, counted: int, claimed: int
) -> None:
    if claimed:
        desk.claim(claimed)
    change(account, WebhookQueue, {"endpoint_id": endpoint_id}, in_flight=counted)
    desk.sweeper.sweep()
    assert line(account, endpoint_id).in_flight == claimed


def test_a_manual_attempt_under_way_behind_a_backlog_is_no_drift(
    account: Account, desk: Desk, endpoint_id: str
) -> None:
    last = deliveries(account)[-1]
    change(account, WebhookDelivery, {"id": last.id}, trigger="manual")
    (claimed,) = desk.claim(1)
    assert claimed.id == last.id
    desk.claim(1)
    desk.sweeper.sweep()
    assert line(account, endpoint_id).in_flight == 2
    expire(account)
    desk.sweeper.sweep()
    assert line(account, endpoint_id).in_flight == 0


@pytest.mark.parametrize(
    "values", [{"status": "disabled"}, {"deleted_at": clock.now()}], ids=["disabled", "deleted"]
)
def test_what_waits_for_an_endpoint_that_is_off_is_skipped(
    account: Account, desk: Desk, endpoint_id: str, values: dict[str, object]
) -> None:
    under_way = desk.claim(1)[0].id
    last = next(each for each in deliveries(account) if each.id != under_way)
    change(account, WebhookDelivery, {"id": last.id}, status="succeeded", trigger="manual")
    change(account, WebhookEndpoint, {"id": endpoint_id}, **values)
    desk.sweeper.sweep()
    found = {each.id: each for each in deliveries(account)}
    assert found.pop(under_way).status == "pending", "its result is still to come"
    assert found.pop(last.id).status == "succeeded", "that attempt is not made"
    (skipped,) = found.values()
    assert (skipped.status, skipped.next_attempt_at) == ("skipped", None)
    assert skipped.completed_at is not None


def test_what_has_no_endpoint_at_all_ends(account: Account, desk: Desk, endpoint_id: str) -> None:
    change(account, WebhookDelivery, {}, endpoint_id="we_gone")
    desk.sweeper.sweep()
    assert {each.status for each in deliveries(account)} == {"skipped"}


def test_a_clock_that_jumps_ends_no_lease(
    account: Account, desk: Desk, endpoint_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wall clocks are set; the sweeper waits for one lease of the monotonic clock."""
    desk.claim(2)
    desk.sweeper.sweep()
    now, unix_seconds = clock.now, clock.unix_seconds
    monkeypatch.setattr(clock, "now", lambda: now() + timedelta(hours=1))
    monkeypatch.setattr(clock, "unix_seconds", lambda: unix_seconds() + 3600)
    desk.sweeper.sweep()
    assert attempts(account) == []
    moved = MovedClock()
    monkeypatch.setattr(clock, "monotonic", moved)
    moved.ahead = 61
    monkeypatch.setattr(clock, "unix_seconds", lambda: unix_seconds() + 3661)
    desk.sweeper.sweep()
    assert len(attempts(account)) == 2, "a process that is gone would not be waited for longer"


def test_a_clock_that_is_set_back_delays_no_dead_process(
    account: Account, desk: Desk, endpoint_id: str
) -> None:
    desk.claim(2)
    change(account, WebhookDelivery, {}, leased_until=clock.now() + timedelta(hours=2))
    desk.sweeper.sweep()
    assert len(attempts(account)) == 2
