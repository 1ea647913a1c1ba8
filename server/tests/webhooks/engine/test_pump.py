"""The whole way: an event is committed, a request arrives, an attempt is on record."""

from __future__ import annotations

import pytest

from anthyx_server.webhooks.engine import Pump
from tests.support.apps import Account, wait_until
from tests.support.deliveries import attempts, count, deliveries, line, publish, subscribe
from tests.support.receiver import Receiver

pytestmark = pytest.mark.enable_socket


def test_events_arrive_and_are_on_record(account: Account, receiver: Receiver, pump: Pump) -> None:
    endpoint_id = subscribe(account, receiver.url())
    event_ids = publish(account, 30)
    wait_until(lambda: count(account, status="succeeded") == 30, 20)
    assert sorted(each.event_id for each in receiver.received) == sorted(event_ids)
    assert sorted(each.sequence for each in receiver.received) == list(range(1, 31))
    assert {each.number for each in attempts(account)} == {1}
    assert len(attempts(account)) == 30
    assert line(account, endpoint_id).in_flight == 0
    assert all(each.next_attempt_at is None and each.lease is None for each in deliveries(account))
