"""What tests of channels share."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.apps import Account

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def make_brand(account: Account) -> Make:
    """Makes a brand through the API; returns it as it was answered."""
    numbers = itertools.count()

    def make(name: str | None = None) -> dict[str, Any]:
        answer = account.post("/brands", json={"name": name or f"Brand {next(numbers)}"})
        assert answer.status_code == 201, answer.json
        return dict(answer.get_json())

    return make


@pytest.fixture
def make_channel(account: Account, make_brand: Make) -> Make:
    """Makes a channel through the API, of a new brand unless it gets one."""

    def make(**values: Any) -> dict[str, Any]:
        body = {"platform": "linkedin", "name": "Acme", **values}
        body.setdefault("brand_id", None)
        if body["brand_id"] is None:
            body["brand_id"] = make_brand()["id"]
        answer = account.post("/channels", json=body)
        assert answer.status_code == 201, answer.json
        return dict(answer.get_json())

    return make
