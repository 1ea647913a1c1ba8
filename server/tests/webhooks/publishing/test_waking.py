"""Waking: a job after the commit, which may fail without anybody noticing but the metrics."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from redis import Redis
from rq.job import Job

from anthyx_server import db, events
from anthyx_server.queue import make_queue
from anthyx_server.redis_wire import Wire
from anthyx_server.webhooks import wake_failed, waking
from anthyx_server.webhooks.waking import Alarm, wake_at_commit
from server.tests.events.happenings import happen
from server.tests.webhooks.publishing.subscribers import deliveries, subscribe
from tests.support.apps import Account
from tests.support.redis import RedisServer


@pytest.fixture
def client(redis_server: RedisServer) -> Iterator[Redis]:
    with redis_server.client() as client:
        yield client


@pytest.fixture
def failures() -> Iterator[list[object]]:
    """What was sent at each wake that failed."""
    found: list[object] = []
    with wake_failed.connected_to(found.append):
        yield found


@pytest.fixture
def never_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process remember no wake."""
    monkeypatch.setattr(waking.Waker, "_is_quiet", lambda _waker: False)


def jobs(client: Redis) -> list[Job]:
    return list(make_queue(client).jobs)


def test_a_commit_with_deliveries_enqueues_a_job_that_rings(
    account: Account, client: Redis
) -> None:
    subscribe(account, "post.*")
    happen(account, "post.created", "post.updated")
    (job,) = jobs(client)
    assert not job.args
    assert not job.kwargs
    rung: list[str] = []
    alarm: Alarm = account.app.extensions["anthyx_alarm"]
    alarm.register(lambda: rung.append("one"))
    with account.app.app_context():
        job.func()
    assert rung == ["one"]


def test_who_has_nothing_to_send_wakes_nobody(account: Account, client: Redis) -> None:
    subscribe(account, "post.*", status="disabled")
    happen(account, "post.created", "brand.created")
    assert len(deliveries(account)) == 1
    assert jobs(client) == []


def test_a_rollback_wakes_nobody_and_the_next_commit_does(account: Account, client: Redis) -> None:
    with account.app.app_context():
        with suppress(LookupError), db.transaction():
            wake_at_commit()
            raise LookupError
        assert jobs(client) == []
        with db.transaction():
            wake_at_commit()
            wake_at_commit()
            assert jobs(client) == []
    assert len(jobs(client)) == 1


def test_what_another_process_has_woken_is_not_woken_again(
    account: Account, client: Redis, never_quiet: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waking, "QUIET_SECONDS", 3600.0)
    subscribe(account, "post.*")
    for _ in range(3):
        happen(account, "post.created")
    assert len(jobs(client)) == 1
    client.delete(*client.keys("anthyx:webhooks:*"))  # as its time is over
    happen(account, "post.created")
    assert len(jobs(client)) == 2


@pytest.mark.parametrize("end", ["stop", "kill", "pause"])
def test_without_redis_commits_go_on_and_only_one_of_them_waits_for_it(
    account: Account,
    redis_server: RedisServer,
    failures: list[object],
    never_quiet: None,
    end: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    link = account.app.extensions["anthyx_redis"]
    asked: list[object] = []

    class CountedWire(Wire):
        def __init__(self, *arguments: Any) -> None:
            asked.append(None)
            super().__init__(*arguments)

    monkeypatch.setattr("anthyx_server.redis_link.Wire", CountedWire)
    link.close()
    monkeypatch.setattr("anthyx_server.redis_link._PAUSE_SECONDS", 3600.0)
    subscribe(account, "post.*")
    getattr(redis_server, end)()
    for _ in range(5):
        happen(account, "post.created")
    assert len(deliveries(account)) == 5
    assert len(failures) == 5
    assert len(asked) == 1


def test_a_queue_that_does_not_answer_is_a_failure_like_any(
    account: Account, failures: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis may vanish between the mark and the job."""
    subscribe(account, "post.*")
    monkeypatch.setattr(account.app.extensions["anthyx_redis"], "call", lambda *_: "OK")
    monkeypatch.setattr(
        account.app.extensions["anthyx_waker"], "_queue", make_queue(Redis(unix_socket_path="/no"))
    )
    assert happen(account, "post.created")
    assert len(failures) == 1
    assert len(deliveries(account)) == 1


def test_events_that_nobody_wants_need_no_redis(
    account: Account, redis_server: RedisServer, failures: list[object]
) -> None:
    redis_server.stop()
    with account.app.app_context(), db.transaction():
        events.publish(account.caller, "post.created", ("post", "post_1"), {})
    assert failures == []
