"""Events and changes of endpoints take place one after the other, however many do so at once."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise

import pytest

from anthyx_server import db, events
from anthyx_server.events.models import EventFeed
from server.tests.events.happenings import happen
from server.tests.webhooks.publishing.subscribers import (
    add_endpoint,
    change,
    deliveries,
    feed,
    subscribe,
)
from tests.support.apps import Account, wait_until

WRITERS, SECONDS = 4, 50


def test_8_threads_publish_and_every_endpoint_is_told_of_everything_once(account: Account) -> None:
    endpoint_ids = {subscribe(account, "post.*") for _ in range(3)}
    with ThreadPoolExecutor(8) as pool:
        made = pool.map(lambda _: happen(account, "post.created", "post.updated"), range(80))
        told = {event_id for pair in made for event_id in pair}
    rows = deliveries(account)
    assert {(row.event_id, row.endpoint_id) for row in rows} == {
        (event_id, endpoint_id) for event_id in told for endpoint_id in endpoint_ids
    }
    assert len(rows) == 160 * 3
    places = [row.position for row in feed(account)]
    assert all(earlier < later for earlier, later in pairwise(places))


def test_each_event_is_before_a_change_or_after_it(account: Account) -> None:
    """Each change has a mark in the feed: whatever lies between two marks was treated alike."""
    is_over = threading.Event()

    def write() -> None:
        while not is_over.is_set():
            happen(account, "post.created")

    with ThreadPoolExecutor(WRITERS) as pool:
        writing = [pool.submit(write) for _ in range(WRITERS)]
        try:
            endpoint_id, statuses = _change_and_mark(account)
        finally:
            is_over.set()
        for each in writing:
            each.result(SECONDS)
    found = {row.event_id: row.status for row in deliveries(account)}
    expected: dict[str, str] = {}
    status = None
    for row in feed(account):
        if row.id in statuses:
            status = statuses[row.id]
        elif status is not None and row.type == "post.created":
            expected[row.id] = "pending" if status == "enabled" else "skipped"
    assert found == expected
    assert {"pending", "skipped"} == set(found.values())
    assert endpoint_id


def _change_and_mark(account: Account) -> tuple[str, dict[str, str]]:
    """Create, disable and enable an endpoint; the status that each mark stands for."""
    statuses = {}

    def mark(status: str) -> None:
        about = ("channel", "channel_1")
        event = events.publish(account.caller, "channel.connected", about, {})
        statuses[event.id] = status

    with account.app.app_context():
        with db.transaction():
            endpoint_id = add_endpoint(account, ["post.*"])
            mark("enabled")
        for _ in range(8):
            for status in ("disabled", "enabled"):
                _await_events(account, 3)
                with db.transaction():
                    change(account, endpoint_id, status=status)
                    mark(status)
    return endpoint_id, statuses


def _await_events(account: Account, count: int) -> None:
    """Return once the writers have published so many more."""
    start = len(feed(account))
    wait_until(lambda: len(feed(account)) >= start + count, SECONDS)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_who_publishes_waits_for_a_change_that_is_about_to_commit(account: Account) -> None:
    """Also where the change itself publishes nothing (on SQLite, the whole database is locked)."""
    endpoint_id = subscribe(account, "post.*")
    publishing: list[Future[list[str]]] = []

    def publish_beside() -> None:
        publishing.append(pool.submit(happen, account, "post.created"))
        wait_until(lambda: _count_waiting(account) == 1, SECONDS)

    with ThreadPoolExecutor(1) as pool:
        with account.app.app_context(), db.transaction():
            change(account, endpoint_id, status="disabled")
            db.before_commit(publish_beside)
        (event_id,) = publishing[0].result(SECONDS)
    (row,) = deliveries(account)
    assert (row.event_id, row.status) == (event_id, "skipped")


def _count_waiting(account: Account) -> int:
    with account.app.app_context(), db.db.engine.connect() as connection:
        query = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        return int(connection.exec_driver_sql(query).scalar_one())


def _position(account: Account) -> int | None:
    with account.app.app_context():
        key = {"workspace_id": account.workspace_id, "mode": account.mode}
        found = db.db.session.get(EventFeed, key)
        return None if found is None else found.position


def test_the_first_in_a_feed_may_be_a_change(account: Account) -> None:
    in_test_mode = replace(account, mode="test")
    assert _position(in_test_mode) is None
    subscribe(in_test_mode, "post.*")
    happen(in_test_mode, "post.created")
    assert len(deliveries(account)) == 1


def test_a_change_that_publishes_nothing_moves_no_poller_on(account: Account) -> None:
    (newest,) = happen(account, "post.created")
    before = _position(account)
    with account.app.app_context(), db.transaction():
        events.in_order(account.workspace_id, account.mode)
    assert _position(account) == before
    (event_id,) = happen(account, "post.updated")
    polled = account.get(f"/events?after={newest}").get_json()["data"]
    assert [each["id"] for each in polled] == [event_id]
