"""Fixtures of the tests of events."""

from __future__ import annotations

import pytest

from server.tests.keys.passing import Calendar
from tests.support.apps import Account


@pytest.fixture
def calendar(monkeypatch: pytest.MonkeyPatch) -> Calendar:
    """The time as the server reads it; only moved by hand."""
    return Calendar(monkeypatch)


@pytest.fixture
def unlimited(account: Account) -> Account:
    """The account, which may poll as often as it likes."""
    (limiter,) = account.app.extensions["limiter"]
    limiter.enabled = False
    return account
