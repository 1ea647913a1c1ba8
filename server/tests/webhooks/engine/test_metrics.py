"""What metrics say of deliveries."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from anthyx_server.config import Settings
from anthyx_server.webhook_settings import WebhookSettings
from server.tests.webhooks.engine.desk import pumping
from tests.support.apps import make_account, make_settings, open_app, wait_until
from tests.support.deliveries import count, publish, subscribe
from tests.support.receiver import Receiver

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def settings(sqlite_url: str, redis_url: str, tmp_path: Path) -> Settings:
    """Settings with metrics."""
    return replace(
        make_settings(tmp_path, sqlite_url, redis_url),
        webhooks=WebhookSettings(are_private_allowed=True),
        metrics_bind=("127.0.0.1", 1),
    )


def test_deliveries_are_counted(settings: Settings, receiver: Receiver) -> None:
    with open_app(settings) as app, pumping(app):
        account = make_account(app)
        subscribe(account, receiver.url())
        publish(account, 3)
        wait_until(lambda: count(account, status="succeeded") == 3, 30)
    registry = CollectorRegistry()
    MultiProcessCollector(registry, str(settings.metrics_dir))  # type: ignore[no-untyped-call]
    text = generate_latest(registry).decode()
    assert 'anthyx_webhook_attempts_total{status="succeeded"} 3.0' in text
    assert "anthyx_webhook_lag_seconds_count 3.0" in text
