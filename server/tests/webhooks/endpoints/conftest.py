"""What tests of endpoints share."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from anthyx_server.config import Settings
from anthyx_server.webhook_settings import WebhookSettings
from tests.support.apps import Account, make_settings

Make = Callable[..., dict[str, Any]]
URL = "http://127.0.0.1:9099/hooks"


@pytest.fixture
def settings(database_url: str, redis_url: str, tmp_path: Any) -> Settings:
    """Settings of a developer's machine, where webhooks may go to its own programs."""
    local = WebhookSettings(are_private_allowed=True)
    return replace(make_settings(tmp_path, database_url, redis_url), webhooks=local)


@pytest.fixture
def make_endpoint(account: Account) -> Make:
    """Makes an endpoint through the API; as it was answered, with its secret."""

    def make(by: Account | None = None, **values: Any) -> dict[str, Any]:
        body = {"url": URL, "event_types": ["*"], **values}
        answer = (by or account).post("/webhook-endpoints", json=body)
        assert answer.status_code == 201, answer.json
        return dict(answer.get_json())

    return make


@pytest.fixture
def make_brand(account: Account) -> Make:
    """Makes a brand through the API; returns it as it was answered."""
    numbers = itertools.count()

    def make(by: Account | None = None) -> dict[str, Any]:
        answer = (by or account).post("/brands", json={"name": f"Brand {next(numbers)}"})
        assert answer.status_code == 201, answer.json
        return dict(answer.get_json())

    return make
