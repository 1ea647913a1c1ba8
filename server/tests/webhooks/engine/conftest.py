"""Endpoints with secrets, events for them, and what delivers them in this process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from anthyx_server.config import Settings
from anthyx_server.webhook_settings import WebhookSettings
from anthyx_server.webhooks.engine.claims import Claims
from anthyx_server.webhooks.engine.pump import Pump
from anthyx_server.webhooks.engine.results import Results
from anthyx_server.webhooks.engine.store import open_engine
from anthyx_server.webhooks.engine.sweeper import Sweeper
from anthyx_server.webhooks.engine.telling import Telling
from server.tests.webhooks.engine.desk import Desk, pumping
from tests.support.apps import make_settings
from tests.support.receiver import Receiver, running_receiver


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


@pytest.fixture
def pump(app: Flask) -> Iterator[Pump]:
    """A pump that delivers while the test runs."""
    with pumping(app) as running:
        yield running


@pytest.fixture
def desk(settings: Settings) -> Iterator[Desk]:
    """A desk over the database of the test."""
    engine = open_engine(settings.database_url)
    results = Results(engine, settings.webhooks)
    sweeper = Sweeper(engine, settings.webhooks, results, Telling(None))
    yield Desk(engine, Claims(engine, settings.webhooks), results, sweeper)
    engine.dispose()
