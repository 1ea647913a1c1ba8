"""Results: on record once, by whoever holds the lease, with what they say of the endpoint."""

from __future__ import annotations

from datetime import timedelta

import orjson
import pytest
import sqlalchemy as sa

from anthyx_server import clock, db
from anthyx_server.webhooks.models import WebhookDelivery, WebhookQueue
from server.tests.webhooks.engine.desk import Desk, over
from tests.support.apps import Account
from tests.support.deliveries import attempts, change, deliveries, line, publish, subscribe


def test_a_result_after_its_lease_is_not_on_record(account: Account, desk: Desk) -> None:
    endpoint_id = subscribe(account, "http://a.example/")
    publish(account)
    (slow,) = desk.claim()
    change(account, WebhookDelivery, {}, leased_until=clock.now())
    desk.sweeper.sweep()
    (again,) = desk.claim()
    late = desk.results.record([over(slow)])
    assert (late.lost, sum(late.statuses.values())) == (1, 0)
    (delivery,) = deliveries(account)
    assert (delivery.lease, delivery.status) == (again.lease, "failed"), "it is the other's now"
    both = desk.results.record([over(slow), over(again)])
    assert (both.lost, both.statuses["succeeded"]) == (1, 1)
    assert [each.error_code for each in attempts(account)] == ["interrupted", None]
    assert [each.number for each in attempts(account)] == [1, 2]
    assert line(account, endpoint_id).in_flight == 0


def test_the_same_result_twice_is_one(account: Account, desk: Desk) -> None:
    endpoint_id = subscribe(account, "http://a.example/")
    publish(account, 2)
    first, _second = desk.claim()
    desk.succeed([first])
    desk.succeed([first])
    assert len(attempts(account)) == 1
    assert line(account, endpoint_id).in_flight == 1


def test_failures_and_a_success_show_in_the_health(account: Account, desk: Desk) -> None:
    endpoint_id = subscribe(account, "http://a.example/")
    publish(account, 3)
    one, two, three = desk.claim()
    desk.results.record([over(one, 500), over(two, 503, holds_endpoint=True)])
    health = line(account, endpoint_id)
    assert health.consecutive_failures == 2
    assert health.failing_since is not None
    assert health.held_until is not None
    assert health.held_until > clock.now() - timedelta(seconds=60)
    assert health.last_failure is not None
    assert health.last_failure["status_code"] in {500, 503}
    desk.succeed([three])
    health = line(account, endpoint_id)
    assert (health.consecutive_failures, health.failing_since, health.held_until) == (0, None, None)
    assert health.last_success_at is not None
    assert health.last_failure is not None, "what was wrong last stays to be read"


def test_a_test_says_nothing_of_the_health(account: Account, desk: Desk) -> None:
    endpoint_id = subscribe(account, "http://a.example/")
    publish(account)
    change(account, WebhookDelivery, {}, trigger="test")
    (claimed,) = desk.claim()
    recorded = desk.results.record([over(claimed, 410, is_gone=True, holds_endpoint=True)])
    health = line(account, endpoint_id)
    assert (health.consecutive_failures, health.held_until, health.in_flight) == (0, None, 0)
    assert not recorded.gone
    assert deliveries(account)[0].status == "dead"


def test_a_manual_attempt_that_fails_does_not_lengthen_the_hold(
    account: Account, desk: Desk
) -> None:
    endpoint_id = subscribe(account, "http://a.example/")
    publish(account)
    change(account, WebhookDelivery, {}, trigger="manual")
    until = clock.now() + timedelta(seconds=1)
    change(account, WebhookQueue, {"endpoint_id": endpoint_id}, held_until=until)
    (claimed,) = desk.claim()
    desk.results.record([over(claimed, 503, holds_endpoint=True)])
    assert line(account, endpoint_id).held_until == until
    assert deliveries(account)[0].next_attempt_at is not None


def test_the_answer_is_kept(account: Account, desk: Desk) -> None:
    subscribe(account, "http://a.example/")
    publish(account)
    (claimed,) = desk.claim()
    headers = orjson.dumps([["Server", "n\u00fcx"]]).decode()
    values = {"response_headers": headers, "response_body": b"\0\xff", "phases": (1, 2, None, 4)}
    desk.results.record([over(claimed, 500, error_detail="It's \\ \t 5", **values)])
    (attempt,) = attempts(account)
    assert attempt.response_headers == [["Server", "n\u00fcx"]]
    assert (attempt.response_body, attempt.error_detail) == (b"\0\xff", "It's \\ \t 5")
    assert (attempt.dns_ms, attempt.connect_ms, attempt.tls_ms, attempt.first_byte_ms) == (
        1, 2, None, 4,
    )  # fmt: skip
    assert (attempt.sequence, attempt.trigger, attempt.status_code) == (1, "automatic", 500)


def test_what_the_database_refuses_holds_up_nothing(account: Account, desk: Desk) -> None:
    subscribe(account, "http://a.example/")
    publish(account, 2)
    odd, plain = desk.claim()
    batch = [over(odd, 500, error_detail="nul \0"), over(plain)]
    recorded = desk.results.record_one_by_one(batch)
    assert recorded.statuses == {"failed": 1, "succeeded": 1}


def test_what_was_not_sent_is_given_back(account: Account, desk: Desk) -> None:
    endpoint_id = subscribe(account, "http://a.example/")
    publish(account, 2)
    unsent, sent = desk.claim()
    desk.succeed([sent])
    desk.results.give_back([unsent, sent])
    waiting = deliveries(account, id=unsent.id)[0]
    assert (waiting.attempts_made, waiting.round_attempts, waiting.lease) == (0, 0, None)
    assert line(account, endpoint_id).in_flight == 0
    assert [each.id for each in desk.claim()] == [unsent.id]


@pytest.mark.parametrize("status_code", [200, 500])
def test_a_deleted_endpoint_still_has_its_attempt_on_record(
    account: Account, desk: Desk, status_code: int
) -> None:
    endpoint_id = subscribe(account, "http://a.example/")
    publish(account)
    (claimed,) = desk.claim()
    with account.app.app_context(), db.transaction():
        db.db.session.execute(
            sa.delete(WebhookQueue).where(WebhookQueue.endpoint_id == endpoint_id)
        )
    desk.results.record([over(claimed, status_code)])
    assert [each.status_code for each in attempts(account)] == [status_code]
