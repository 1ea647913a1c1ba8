"""Endpoints with secrets, events for them, and pumps that deliver in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from anthyx_server.config import Settings
from anthyx_server.webhook_settings import WebhookSettings
from anthyx_server.webhooks.engine import Pump
from tests.support.apps import make_settings
from tests.support.receiver import Receiver, running_receiver

RunPump = Callable[[], AbstractContextManager[Pump]]


@pytest.fixture
def webhook_settings() -> WebhookSettings:
    """Settings of webhooks; a file of tests may have its own."""
    return WebhookSettings(are_private_allowed=True)


@pytest.fixture
def settings(
    database_url: str, redis_url: str, tmp_path: Path, webhook_settings: WebhookSettings
) -> Settings:
    """Settings over a fresh database of both kinds, by which webhooks may go to loopback."""
    return replace(make_settings(tmp_path, database_url, redis_url), webhooks=webhook_settings)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that answers 204."""
    with running_receiver() as running:
        yield running


@contextmanager
def pumping(app: Flask) -> Iterator[Pump]:
    """A pump that delivers until the block ends."""
    pump = Pump(app)
    pump.start()
    try:
        yield pump
    finally:
        pump.stop()


@pytest.fixture
def pump(app: Flask) -> Iterator[Pump]:
    """A pump that delivers while the test runs."""
    with pumping(app) as running:
        yield running
