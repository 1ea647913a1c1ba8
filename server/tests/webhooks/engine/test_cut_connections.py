"""PostgreSQL ends the engine's connections again and again: nothing is lost, and it goes on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from anthyx_server import db
from anthyx_server.config import Settings
from anthyx_server.webhook_settings import WebhookSettings
from anthyx_server.webhooks.engine import Pump
from tests.support.apps import Account, make_settings, wait_until
from tests.support.deliveries import attempts, count, line, publish, subscribe
from tests.support.receiver import Receiver

pytestmark = pytest.mark.enable_socket

_CUT = sa.text(
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.fixture
def settings(postgresql_url: str, redis_url: str, tmp_path: Path) -> Settings:
    """Settings over PostgreSQL, whose leases are short."""
    webhooks = WebhookSettings(timeout_seconds=1, lease_seconds=2, are_private_allowed=True)
    return replace(make_settings(tmp_path, postgresql_url, redis_url), webhooks=webhooks)


def test_the_pump_goes_on(account: Account, receiver: Receiver, pump: Pump) -> None:
    endpoint_id = subscribe(account, receiver.url(), max_in_flight=2)
    publish(account, 200)
    for done in (20, 60, 100):
        wait_until(lambda done=done: count(account, status="succeeded") >= done, 30)  # type: ignore[misc]
        with account.app.app_context(), db.transaction():
            db.db.session.execute(_CUT)
    wait_until(lambda: count(account, status="succeeded") == 200, 30)
    assert {each.delivery_id for each in attempts(account)} == {
        each.delivery_id for each in receiver.received
    }
    wait_until(lambda: line(account, endpoint_id).in_flight == 0, 30)
