"""The whole way: an event is committed, requests arrive, attempts are on record."""

from __future__ import annotations

import itertools
import threading
from datetime import timedelta

import pytest
from flask import Flask

from anthyx_server import clock, db
from anthyx_server.webhook_settings import WebhookSettings
from anthyx_server.webhooks.engine import Pump
from anthyx_server.webhooks.models import WebhookDelivery, WebhookEndpoint, WebhookQueue
from anthyx_server.webhooks.secret import new_secret
from anthyx_server.webhooks.sending.signing import Signer
from server.tests.webhooks.engine.desk import pumping
from tests.support.apps import Account, wait_until
from tests.support.deliveries import attempts, change, count, deliveries, line, publish, subscribe
from tests.support.receiver import Answer, Received, Receiver

pytestmark = pytest.mark.enable_socket

SECONDS = 30.0


@pytest.fixture
def webhook_settings() -> WebhookSettings:
    """Retries that come at once, and attempts that end soon."""
    return WebhookSettings(
        retry_seconds=(0.01, 0.01),
        timeout_seconds=2,
        connect_timeout_seconds=1,
        lease_seconds=30,
        are_private_allowed=True,
    )


def ended(account: Account, expected: int, status: str = "succeeded") -> None:
    """Wait until so many deliveries have ended so."""
    wait_until(lambda: count(account, status=status) == expected, SECONDS)


def test_events_arrive_signed_and_are_on_record(
    account: Account, receiver: Receiver, pump: Pump
) -> None:
    secret = new_secret()
    endpoint_id = subscribe(account, receiver.url(), secret=secret, headers={"X-Own": "1"})
    event_ids = publish(account, 30)
    ended(account, 30)
    assert sorted(each.event_id for each in receiver.received) == sorted(event_ids)
    assert sorted(each.sequence for each in receiver.received) == list(range(1, 31))
    request = receiver.received[0]
    stamp = int(request.headers["webhook-timestamp"])
    signed = Signer(secret, None).headers(request.event_id, stamp, request.body)
    assert (
        signed.items()
        <= {
            "X-Anthyx-Signature": request.headers["x-anthyx-signature"],
            "webhook-signature": request.headers["webhook-signature"],
        }.items()
    )
    assert request.headers["x-anthyx-attempt"] == "1"
    assert request.headers["x-own"] == "1"
    (attempt,) = attempts(account, delivery_id=request.delivery_id)
    assert (attempt.number, attempt.status_code, attempt.signatures) == (1, 204, signed)
    assert attempt.custom_headers == ["X-Own"]
    assert line(account, endpoint_id).in_flight == 0


def test_an_event_that_is_rolled_back_is_never_sent(
    account: Account, receiver: Receiver, pump: Pump
) -> None:
    subscribe(account, receiver.url())

    def publish_and_fail() -> None:
        with account.app.app_context():
            publish(account)
            raise LookupError

    with pytest.raises(LookupError):
        publish_and_fail()
    with account.app.app_context():
        from_outside = publish(account, 1)
        db.rollback()
    ended(account, count(account))
    assert {each.event_id for each in receiver.received} >= set(from_outside)


def test_failures_are_tried_again_until_the_schedule_ends(
    account: Account, receiver: Receiver, pump: Pump
) -> None:
    receiver.answer = lambda _request: Answer(500, body=b"no")
    subscribe(account, receiver.url())
    publish(account)
    ended(account, 1, "dead")
    made = attempts(account)
    assert [(each.number, each.status_code) for each in made] == [(1, 500), (2, 500), (3, 500)]
    assert [each.response_body for each in made] == [b"no"] * 3
    assert {each.sequence for each in receiver.received} == {1}
    assert [each.headers["x-anthyx-attempt"] for each in receiver.received] == ["1", "2", "3"]


def test_a_receiver_that_is_overloaded_is_left_alone(
    account: Account, receiver: Receiver, pump: Pump
) -> None:
    receiver.answer = lambda _request: Answer(503, {"Retry-After": "600"})
    endpoint_id = subscribe(account, receiver.url(), max_in_flight=2)
    publish(account, 10)
    wait_until(lambda: len(attempts(account)) >= 1, SECONDS)
    wait_until(lambda: line(account, endpoint_id).in_flight == 0, SECONDS)
    tried = len(receiver.received)
    assert tried <= 2
    assert line(account, endpoint_id).held_until is not None
    receiver.answer = lambda _request: Answer()
    asked = deliveries(account, status="pending")[-1]
    values = {"trigger": "manual", "next_attempt_at": clock.now()}
    change(account, WebhookDelivery, {"id": asked.id}, **values)
    wait_until(lambda: count(account, status="succeeded") >= 1, SECONDS)
    # By hand it went through, so that the rest follows.
    ended(account, 10 - tried)


def test_an_endpoint_that_is_gone_is_turned_off(
    account: Account, receiver: Receiver, pump: Pump
) -> None:
    receiver.answer = lambda request: Answer(410 if request.path == "/gone" else 204)
    gone = subscribe(account, receiver.url("/gone"), max_in_flight=1)
    subscribe(account, receiver.url("/other"))
    publish(account, 3)
    wait_until(lambda: count(account, endpoint_id=gone, status="skipped") == 3, SECONDS)
    assert len(receiver.at("/gone")) == 1
    told = [each for each in receiver.at("/other") if b"webhook_endpoint.disabled" in each.body]
    wait_until(lambda: len(receiver.at("/other")) == 4, SECONDS)
    assert len(told) <= 1


def test_one_that_fails_for_days_is_turned_off(
    account: Account, receiver: Receiver, pump: Pump
) -> None:
    receiver.answer = lambda _request: Answer(500)
    endpoint_id = subscribe(account, receiver.url())
    since = {"failing_since": clock.now() - timedelta(days=6), "consecutive_failures": 3}
    change(account, WebhookQueue, {"endpoint_id": endpoint_id}, **since)
    publish(account)
    wait_until(lambda: count(account, status="skipped") == 1, SECONDS)


def test_a_deep_and_hanging_endpoint_does_not_hold_up_another(
    account: Account, receiver: Receiver, pump: Pump
) -> None:
    release = threading.Event()
    receiver.answer = lambda request: Answer(
        wait=(lambda: release.wait(SECONDS)) if request.path == "/slow" else None
    )
    slow = subscribe(account, receiver.url("/slow"))
    publish(account, 300)
    quick = subscribe(account, receiver.url("/quick"))
    publish(account, 20)
    try:
        wait_until(lambda: count(account, endpoint_id=quick, status="succeeded") == 20, SECONDS)
        assert receiver.most_at_once["/slow"] <= 8
        assert count(account, endpoint_id=slow, status="succeeded") == 0
    finally:
        release.set()


def test_large_bodies_arrive(account: Account, receiver: Receiver, pump: Pump) -> None:
    subscribe(account, receiver.url())
    publish(account, 12, size=255 * 1024)
    ended(account, 12)
    assert min(len(each.body) for each in receiver.received) > 255 * 1024


def test_two_pumps_share_the_limit_of_an_endpoint(
    app: Flask, account: Account, receiver: Receiver
) -> None:
    receiver.answer = lambda _request: Answer(wait=lambda: threading.Event().wait(0.01))
    endpoint_id = subscribe(account, receiver.url(), max_in_flight=3)
    publish(account, 60)
    with pumping(app), pumping(app):
        ended(account, 60)
    assert receiver.most_at_once["/hook"] <= 3
    assert len(receiver.received) == len(attempts(account)) == 60
    assert line(account, endpoint_id).in_flight == 0


def test_a_rate_is_kept_however_late_the_process_is(
    account: Account, receiver: Receiver, pump: Pump
) -> None:
    subscribe(account, receiver.url(), rate_per_second=100)
    publish(account, 30)
    ended(account, 30)
    started = sorted(each.started_at for each in attempts(account))
    gaps = [later - sooner for sooner, later in itertools.pairwise(started)]
    assert min(gaps) >= timedelta(milliseconds=9), "times are cut to the millisecond"


@pytest.mark.parametrize("missing", ["event", "secret"])
def test_what_can_not_be_sent_ends_on_record(
    account: Account, receiver: Receiver, pump: Pump, missing: str
) -> None:
    endpoint_id = subscribe(account, receiver.url(), status="disabled")
    publish(account)
    change(account, WebhookEndpoint, {"id": endpoint_id}, status="enabled")
    if missing == "secret":
        change(account, WebhookEndpoint, {"id": endpoint_id}, encryption_key_id="lost")
    else:
        change(account, WebhookDelivery, {}, event_id="evt_gone")
    change(account, WebhookDelivery, {}, status="pending", next_attempt_at=clock.now())
    ended(account, 1, "dead")
    codes = [each.error_code for each in attempts(account)]
    assert codes == ["event_gone"] if missing == "event" else ["secret_unavailable"] * 3
    assert receiver.received == []
    assert line(account, endpoint_id).consecutive_failures == 0


def test_turning_an_endpoint_off_leaves_what_is_under_way(
    account: Account, receiver: Receiver, pump: Pump
) -> None:
    release = threading.Event()
    receiver.answer = lambda _request: Answer(wait=lambda: release.wait(SECONDS))
    endpoint_id = subscribe(account, receiver.url(), max_in_flight=1)
    publish(account, 3)
    wait_until(lambda: len(receiver.received) == 1, SECONDS)
    change(account, WebhookEndpoint, {"id": endpoint_id}, status="disabled")
    release.set()
    ended(account, 1)
    ended(account, 2, "skipped")


def test_stopping_waits_for_what_is_under_way_and_gives_the_rest_back(
    app: Flask, account: Account, receiver: Receiver
) -> None:
    started = threading.Event()

    def answer(_request: Received) -> Answer:
        started.set()
        return Answer(wait=lambda: threading.Event().wait(0.3))

    receiver.answer = answer
    endpoint_id = subscribe(account, receiver.url(), max_in_flight=4, rate_per_second=30)
    publish(account, 10)
    with pumping(app):
        assert started.wait(SECONDS)
    sent = len(receiver.received)
    assert count(account, status="succeeded") == sent
    assert count(account, status="pending", attempts_made=0) == 10 - sent
    assert line(account, endpoint_id).in_flight == 0


def test_what_hangs_as_the_process_ends_is_sent_again(
    app: Flask, account: Account, receiver: Receiver
) -> None:
    release = threading.Event()
    receiver.answer = lambda _request: Answer(wait=lambda: release.wait(SECONDS))
    subscribe(account, receiver.url())
    publish(account)
    with pumping(app):
        wait_until(lambda: len(receiver.received) == 1, SECONDS)
    release.set()
    receiver.answer = lambda _request: Answer()
    assert count(account, status="failed") == 1
    change(account, WebhookQueue, {}, held_until=None)
    with pumping(app):
        ended(account, 1)
