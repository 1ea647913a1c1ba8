"""`wait`: an answer as soon as there is something, at nobody else's cost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from anthyx_server import clock, db
from anthyx_server.config import Settings
from server.tests.events.happenings import happen, page
from server.tests.keys.answers import document, problem
from server.tests.keys.passing import set_end
from tests.revocation.ways import (
    REVOKING,
    Way,
    World,
    narrow_allowlist,
    narrow_scopes,
)
from tests.support.apps import Account, call, running_server, wait_until
from tests.support.redis import RedisServer

SECONDS = 30.0
# Less than the 20 s that polls ask for: what comes within was not waited for to the end.
SOON = 15.0
# They are no event, so that a poll learns of them with the next one.
WITHOUT_EVENT = {narrow_scopes, narrow_allowlist}
EMPTY = {"data": [], "has_more": False, "next_cursor": None}
on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


class Polling:
    """Polls, each in a thread of its own."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(8)
        self.pauses = 0

    def start(self, account: Account, after: str, query: str = "&wait=20") -> Future[TestResponse]:
        """Send a poll; returns once it waits."""
        before = self.pauses
        sent = self._pool.submit(account.get, f"/events?after={after}{query}")
        wait_until(lambda: self.pauses > before or sent.done(), SECONDS)
        assert not sent.done(), sent.result().get_data()
        return sent

    def end(self) -> None:
        """Wait until every thread is done."""
        self._pool.shutdown()


@pytest.fixture
def polling(monkeypatch: pytest.MonkeyPatch) -> Iterator[Polling]:
    """Polls of which is told that they wait: they pause."""
    made = Polling()
    pause = time.sleep

    def sleep(seconds: float) -> None:
        made.pauses += seconds == 0.25
        pause(seconds)

    monkeypatch.setattr(time, "sleep", sleep)
    yield made
    made.end()


@pytest.fixture
def start(account: Account) -> str:
    """The id of an event to poll from."""
    return happen(account, "post.created")[0]


def shown(sent: Future[TestResponse]) -> list[str]:
    return [each["id"] for each in document(sent.result(SOON))["data"]]


def test_a_poll_is_answered_as_soon_as_there_is_something(
    account: Account, start: str, polling: Polling
) -> None:
    sent = polling.start(account, start)
    happened = happen(account, "post.updated", "post.approved")
    assert shown(sent) == happened
    assert shown(polling.start(account, happened[-1], "&wait=1")) == []


def test_a_poll_for_the_first_event_of_all(account: Account, polling: Polling) -> None:
    in_test_mode = account.with_key(mode="test", scopes=["events:read", "posts:read"])
    sent = polling.start(in_test_mode, "oldest")
    happened = happen(in_test_mode, "post.created")
    assert shown(sent) == happened


def test_what_is_not_asked_for_ends_no_wait(
    account: Account, other_account: Account, start: str, polling: Polling
) -> None:
    sent = polling.start(account, start, "&wait=20&types=post.approved")
    happen(account, "post.updated")
    happen(other_account, "post.approved")
    before = polling.pauses
    wait_until(lambda: polling.pauses > before + 2, SECONDS)
    assert not sent.done()
    happened = happen(account, "post.approved")
    assert shown(sent) == happened


def test_an_empty_page_is_the_answer_in_the_end_and_only_then(account: Account, start: str) -> None:
    began = clock.monotonic()
    assert page(account, f"after={start}&wait=1") == EMPTY
    assert clock.monotonic() - began >= 1
    assert page(account, f"after={start}&wait=0") == EMPTY


def test_at_most_half_of_the_threads_wait_at_once(
    account: Account, start: str, polling: Polling
) -> None:
    waiting = [polling.start(account, start) for _ in range(2)]  # of 4 threads
    with ThreadPoolExecutor(1) as pool:
        path = f"/events?after={start}&types=post.failed&wait=20"
        assert pool.submit(account.get, path).result(SOON).get_json() == EMPTY
    assert not any(sent.done() for sent in waiting)
    happened = happen(account, "post.updated")
    assert [shown(sent) for sent in waiting] == [happened] * 2
    again = polling.start(account, happened[0])
    happened = happen(account, "post.updated")
    assert shown(again) == happened


@on_postgresql
def test_a_poll_that_waits_holds_no_transaction_nor_more_connections_than_its_thread(
    account: Account, start: str, polling: Polling
) -> None:
    with account.app.app_context():
        engine = db.db.engine
    brand = document(account.post("/brands", json={"name": "Quiet"}), 201)["id"]
    held: Any = engine.pool
    before = held.checkedout()
    sent = polling.start(account, start, f"&wait=20&brand_id={brand}&types=post.*")
    assert held.checkedout() == before + 1
    states = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
    open_ones = sa.text(f"{states} xact_start IS NOT NULL AND pid <> pg_backend_pid()")
    with engine.connect() as connection:
        assert connection.scalar(open_ones) == 0
    happened = happen(account, ("post.updated", brand))
    assert shown(sent) == happened


@pytest.mark.parametrize("way", REVOKING, ids=lambda way: way.__name__)
def test_a_poll_that_waits_is_refused_once_its_key_has_lost_its_rights(
    account: Account, settings: Settings, start: str, polling: Polling, way: Way
) -> None:
    key = account.with_key()
    sent = polling.start(key, start, "&types=post.*&wait=20")
    way(World(account, settings), key)
    if way in WITHOUT_EVENT:
        happen(account, "post.updated")
    problem(sent.result(SOON), *REVOKING[way])


def test_an_end_that_no_event_tells_of_is_seen_as_the_answer_leaves(
    account: Account, start: str, polling: Polling
) -> None:
    key = account.with_key()
    sent = polling.start(key, start, "&types=post.*&wait=2")
    set_end(account, key.key_id, timedelta(seconds=-1))
    problem(sent.result(SOON), 401, "api_key_expired")


def test_a_family_that_is_taken_away_meanwhile_is_not_shown(
    account: Account, start: str, polling: Polling
) -> None:
    key = account.with_key(scopes=["events:read", "posts:read", "brands:read"])
    sent = polling.start(key, start)
    body = {"scopes": ["events:read", "brands:read"]}
    assert account.patch(f"/api-keys/{key.key_id}", json=body).status_code == 200
    happen(account, "post.updated")
    problem(sent.result(SOON), 403, "insufficient_scope")
    assert key.get("/events").status_code == 200


@pytest.mark.enable_socket
def test_a_poll_that_waits_is_answered_before_the_server_ends(
    settings: Settings, account: Account, start: str, redis_server: RedisServer
) -> None:
    """Though it would wait for longer than the server gives to requests in flight."""

    def is_let_in() -> bool:
        with redis_server.client() as client:
            return bool(client.keys("*limit*list_events*"))

    with ThreadPoolExecutor(1) as pool:
        with running_server(settings, workers=1) as url:
            path = f"{url}/v1/events?after={start}&wait=20"
            sent = pool.submit(call, path, account.token)
            wait_until(is_let_in, SECONDS)
        assert sent.result(SECONDS) == (200, EMPTY)
