"""The job that announces keys that end soon: 7 days and 1 day before, once each."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from anthyx_server import clock
from anthyx_server.keys import jobs
from server.tests.keys.answers import document, events_of
from server.tests.keys.passing import Calendar
from tests.support.apps import Account

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def announced(app: Flask, key_id: str) -> int:
    """Run the job; how often the key was announced so far."""
    with app.app_context():
        jobs.announce_expiring_keys()
    types = [event["type"] for event in events_of(app, key_id)]
    return types.count("api_key.expiring")


def test_a_key_is_announced_seven_days_and_one_day_before_its_end(
    account: Account, calendar: Calendar
) -> None:
    end = calendar.now + 30 * DAY
    key = account.with_key(name="Zapier", expires_at=end)
    assert announced(account.app, key.key_id) == 0
    for left, count in [
        (7 * DAY + HOUR, 0),
        (7 * DAY, 1),
        (6 * DAY, 1),
        (DAY + HOUR, 1),
        (DAY, 2),
        (HOUR, 2),
        (-HOUR, 2),
    ]:
        calendar.now = end - left
        assert announced(account.app, key.key_id) == count
        assert announced(account.app, key.key_id) == count
    event = events_of(account.app, key.key_id)[1]
    assert event["actor"] == {"type": "system", "id": None, "name": "anthyx-server"}
    assert event["request"] is None
    shown = event["data"]["object"]
    assert (shown["name"], shown["status"], shown["version"]) == ("Zapier", "expiring", 1)
    assert key.token not in str(event)


def test_a_key_that_is_made_for_an_hour_is_announced_once(
    account: Account, calendar: Calendar
) -> None:
    key = account.with_key(expires_at=calendar.now + HOUR)
    assert announced(account.app, key.key_id) == 1
    assert announced(account.app, key.key_id) == 1


def test_a_key_whose_end_was_moved_is_announced_anew(account: Account, calendar: Calendar) -> None:
    key = account.with_key(expires_at=calendar.now + HOUR)
    assert announced(account.app, key.key_id) == 1
    later = calendar.now + 30 * DAY
    path = f"/api-keys/{key.key_id}"
    changed = account.patch(path, json={"expires_at": clock.rfc3339(later)})
    assert document(changed)["status"] == "active"
    assert announced(account.app, key.key_id) == 1
    calendar.now = later - 6 * DAY
    assert announced(account.app, key.key_id) == 2
    assert account.patch(path, json={"name": "New"}).status_code == 200
    assert announced(account.app, key.key_id) == 2
    calendar.now = later - HOUR
    assert announced(account.app, key.key_id) == 3


def test_only_keys_that_end_unexpectedly_are_announced(
    account: Account, calendar: Calendar
) -> None:
    soon = calendar.now + HOUR
    replaced, deleted, over = (account.with_key(expires_at=soon).key_id for _ in range(3))
    forever = account.with_key().key_id
    successor = document(account.post(f"/api-keys/{replaced}/rotate"), 201)["id"]
    assert account.delete(f"/api-keys/{deleted}").status_code == 204
    assert announced(account.app, successor) == 1
    for key_id in (replaced, deleted, forever):
        assert announced(account.app, key_id) == 0
    calendar.now = soon
    assert announced(account.app, over) == 1
    late = account.with_key(expires_at=soon).key_id
    assert announced(account.app, late) == 0


def test_keys_that_were_announced_do_not_keep_others_waiting(
    account: Account, calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "_BATCH", 2)
    keys = [account.with_key(expires_at=calendar.now + 3 * DAY).key_id for _ in range(5)]
    for _ in range(3):
        counts = [announced(account.app, key_id) for key_id in keys[:1]]
    counts = [announced(account.app, key_id) for key_id in keys]
    assert counts == [1] * 5


def test_the_other_mode_is_announced_in_its_own_outbox(
    account: Account, calendar: Calendar
) -> None:
    key = account.with_key(mode="test", expires_at=calendar.now + HOUR)
    assert announced(account.app, key.key_id) == 1
    assert {event["mode"] for event in events_of(account.app, key.key_id)} == {"test"}
