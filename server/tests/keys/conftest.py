"""Fixtures of the tests of keys."""

from __future__ import annotations

import pytest

from server.tests.keys.passing import Calendar


@pytest.fixture
def calendar(monkeypatch: pytest.MonkeyPatch) -> Calendar:
    """The time, which stands still until it is moved."""
    return Calendar(monkeypatch)
