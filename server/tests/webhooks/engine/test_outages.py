"""What no process survives, and what a database or a Redis may do meanwhile: nothing is lost."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from anthyx_server.config import Settings
from anthyx_server.webhooks.engine import Pump
from anthyx_server.webhooks.sending.outcome import Outgoing
from anthyx_server.webhooks.sending.sender import Sender
from server.tests.webhooks.engine.desk import pumping
from tests.support.apps import Account, environment, wait_until
from tests.support.deliveries import attempts, count, line, publish, subscribe
from tests.support.receiver import Answer, Receiver
from tests.support.redis import RedisServer

pytestmark = pytest.mark.enable_socket

SECONDS = 40.0


@contextmanager
def worker(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """A worker in a process of its own, whose leases are short."""
    given = {
        "ANTHYX_ALLOW_PRIVATE_DESTINATIONS": "true",
        "ANTHYX_WEBHOOK_TIMEOUT_SECONDS": "1",
        "ANTHYX_WEBHOOK_LEASE_SECONDS": "2",
    }
    command = [sys.executable, "-m", "anthyx_server.cli", "worker"]
    with subprocess.Popen(command, env=environment(settings) | given) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_worker_that_is_killed_loses_nothing(
    settings: Settings, account: Account, receiver: Receiver
) -> None:
    forever = threading.Event()
    receiver.answer = lambda _request: Answer(wait=lambda: forever.wait(SECONDS))
    endpoint_id = subscribe(account, receiver.url(), max_in_flight=4)
    publish(account, 10)
    with worker(settings) as process:
        wait_until(lambda: len(receiver.received) >= 4, SECONDS)
        process.kill()
        process.wait()
    assert line(account, endpoint_id).in_flight == 4
    receiver.answer = lambda _request: Answer()
    forever.set()
    with worker(settings):
        wait_until(lambda: count(account, status="succeeded") == 10, SECONDS)
    assert len({each.event_id for each in receiver.received}) == 10
    assert sum(each.error_code == "interrupted" for each in attempts(account)) == 4
    assert line(account, endpoint_id).in_flight == 0


def test_without_redis_events_still_arrive(
    account: Account, receiver: Receiver, pump: Pump, redis_server: RedisServer
) -> None:
    subscribe(account, receiver.url())
    redis_server.stop()
    publish(account, 3)
    wait_until(lambda: count(account, status="succeeded") == 3, SECONDS)


def test_a_sender_that_breaks_is_replaced(
    account: Account, receiver: Receiver, pump: Pump, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = Sender.start
    broken: list[Outgoing] = []

    def start_or_break(sender: Sender, outgoing: Outgoing) -> None:
        if not broken:
            broken.append(outgoing)
            raise MemoryError
        start(sender, outgoing)

    monkeypatch.setattr(Sender, "start", start_or_break)
    endpoint_id = subscribe(account, receiver.url())
    publish(account, 5)
    wait_until(lambda: count(account, status="succeeded") == 5, SECONDS)
    assert "interrupted" in {each.error_code for each in attempts(account)}
    assert line(account, endpoint_id).in_flight == 0


def test_results_wait_for_a_database_that_is_away(
    app: Flask, account: Account, receiver: Receiver
) -> None:
    """Its connections are cut as the receiver answers, and no new one is let in for a while."""
    release, is_away = threading.Event(), threading.Event()
    receiver.answer = lambda _request: Answer(wait=lambda: release.wait(SECONDS))
    endpoint_id = subscribe(account, receiver.url())
    publish(account, 5)
    with pumping(app) as pump:
        wait_until(lambda: len(receiver.received) == 5, SECONDS)
        engine = pump._engine  # noqa: SLF001
        pool: Any = engine.pool
        connect = pool._creator  # noqa: SLF001
        refused = []

        def connect_or_refuse(record: Any) -> Any:
            if is_away.is_set():
                refused.append(1)
                raise engine.dialect.loaded_dbapi.OperationalError("away")
            return connect(record)

        def cut(*_: object) -> None:
            # Whoever takes a connection has to connect anew; one that is in use now may come back.
            if is_away.is_set():
                raise sa.exc.DisconnectionError

        pool._creator = connect_or_refuse  # noqa: SLF001
        sa.event.listen(engine, "checkout", cut)
        is_away.set()
        release.set()
        wait_until(lambda: len(refused) > 2, SECONDS)
        assert count(account, status="succeeded") == 0
        is_away.clear()
        wait_until(lambda: count(account, status="succeeded") == 5, SECONDS)
    assert len(receiver.received) == 5, "none was sent twice"
    assert line(account, endpoint_id).in_flight == 0
