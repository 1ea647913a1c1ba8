"""The job that forgets events: all that are over 30 days old, and no others."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from anthyx_server import db
from anthyx_server.events import Event, jobs
from anthyx_server.webhooks.models import WebhookDelivery
from server.tests.events.happenings import happen, ids
from server.tests.keys.passing import Calendar
from server.tests.webhooks.publishing.subscribers import deliveries, subscribe
from tests.support.apps import Account


def forget(account: Account) -> int:
    """Run the job; how many events are left."""
    with account.app.app_context():
        jobs.forget_old_events()
        return db.db.session.query(Event).count()


def forget_all(account: Account) -> int:
    """Run the job as often as it has anything to look at; how many events are left."""
    return min(forget(account) for _ in range(20))


def test_events_are_forgotten_after_30_days(
    calendar: Calendar, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "_BATCH", 2)
    happen(account, *["post.created"] * 5)
    calendar.now += timedelta(days=1)
    kept = happen(account, "post.updated", "post.approved", "post.scheduled")
    count = forget(account)
    assert count >= 8
    calendar.now += timedelta(days=29, hours=1) - timedelta(milliseconds=1)
    assert forget(account) == count
    calendar.now += timedelta(milliseconds=1)
    assert forget(account) == 3
    assert ids(account, "after=oldest&types=post.*") == kept
    calendar.now += timedelta(days=1)
    assert forget(account) == 0
    new = happen(account, "post.created")
    assert ids(account, "after=oldest&types=post.*") == new


def test_a_run_takes_a_bounded_number_and_the_next_one_the_rest(
    calendar: Calendar, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "_BATCH", 2)
    monkeypatch.setattr(jobs, "_MOST_BATCHES", 2)
    happen(account, *["post.created"] * 5)
    calendar.now += timedelta(days=31)
    count = forget(account)
    assert forget(account) == max(0, count - 4)


def test_an_event_is_kept_while_a_delivery_waits_for_it(
    calendar: Calendar, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many they are, those after them are forgotten."""
    monkeypatch.setattr(jobs, "_BATCH", 2)
    monkeypatch.setattr(jobs, "_MOST_BATCHES", 2)
    endpoint_id = subscribe(account, "post.created")
    happen(account, *["post.created"] * 7, *["post.updated"] * 3)
    calendar.now += timedelta(days=31)
    assert forget_all(account) == 7
    with account.app.app_context(), db.transaction():
        waiting = WebhookDelivery.endpoint_id == endpoint_id
        done = {"status": "succeeded", "next_attempt_at": None}
        db.db.session.execute(sa.update(WebhookDelivery).where(waiting).values(**done))
    assert forget_all(account) == 0
    assert len(deliveries(account)) == 7
