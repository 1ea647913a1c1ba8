"""What tests of brands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.apps import Account


@pytest.fixture
def make_brand(account: Account) -> Callable[..., dict[str, Any]]:
    """Makes a brand through the API; returns it as it was answered."""

    def make(name: str = "Acme", **values: Any) -> dict[str, Any]:
        answer = account.post("/brands", json={"name": name, **values})
        assert answer.status_code == 201, answer.json
        assert answer.json is not None
        return dict(answer.json)

    return make
