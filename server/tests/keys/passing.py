"""Time that passes: a calendar that is moved by hand, and keys whose end has come."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from werkzeug.test import TestResponse

from anthyx_server import clock, db
from anthyx_server.keys import ApiKey
from tests.support.apps import Account


class Calendar:
    """The time as everything in the server reads it; only moved by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = clock.now()
        monkeypatch.setattr(clock, "now", lambda: self.now)


def set_end(account: Account, key_id: str, left: timedelta) -> datetime:
    """Put a key's end so far from now, behind the server's back."""
    end = clock.now() + left
    with account.app.app_context(), db.transaction():
        db.db.session.get_one(ApiKey, key_id).expires_at = end
    return end


def use_until(key: Account, end: datetime) -> TestResponse:
    """Use a key until it is refused, which must not be before its end, nor long after."""
    while True:
        asked_at = clock.now()
        answer = key.get("/usage")  # not counted: a fast machine would use up the minute
        if answer.status_code != 200:
            assert clock.now() >= end
            return answer
        assert asked_at <= end
