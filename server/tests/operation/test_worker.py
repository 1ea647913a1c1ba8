"""The worker: runs our jobs and no others, outlives Redis, and ends when it is asked to."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
import redis
from flask import Flask
from rq import Callback, Queue
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer
from rq.webhook import Webhook

from anthyx_server import db
from anthyx_server import queue as jobs
from anthyx_server.config import Settings
from anthyx_server.limits.jobs import store_usage
from anthyx_server.queue import (
    KnownJob,
    RegisteredJob,
    UnregisteredJobError,
    enqueue_due,
    make_queue,
)
from anthyx_server.worker import Shutdown, Worker
from tests.support.apps import (
    Account,
    make_account,
    make_settings,
    open_app,
    running_worker,
    wait_until,
)
from tests.support.redis import RedisServer

STORE_USAGE = f"{store_usage.__module__}.{store_usage.__name__}"
START_SECONDS = 30
# An idle worker looks up each second, and waits 3 s for a Redis that hangs.
END_SECONDS = 12


@pytest.fixture
def settings(sqlite_url: str, redis_url: str, tmp_path: Path) -> Settings:
    """Settings over a fresh SQLite database and an empty Redis."""
    return make_settings(tmp_path, sqlite_url, redis_url)


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """An application over the worker's database and Redis."""
    with open_app(settings) as opened:
        yield opened


@pytest.fixture
def client(redis_server: RedisServer) -> Iterator[redis.Redis]:
    """A client of the worker's Redis."""
    with redis_server.client() as client:
        yield client


@contextmanager
def locked(settings: Settings) -> Iterator[None]:
    """The database's write lock, so that a job stays where it is."""
    path = settings.database_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


def stored(settings: Settings) -> int:
    """Requests that reached the rows."""
    path = settings.database_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as connection:
        total = connection.execute("SELECT sum(accepted) FROM usage_hours").fetchone()[0]
    return int(total or 0)


def use(account: Account, client: redis.Redis) -> Job:
    """Make a request and ask for the job that stores it."""
    assert account.get("/brands").status_code == 200
    return make_queue(client).enqueue(STORE_USAGE)


def wait_for(job: Job, status: JobStatus) -> None:
    wait_until(lambda: job.get_status() == status, START_SECONDS)


def hold_back(client: redis.Redis) -> None:
    """Let no job be due for a while, so that the queue holds only what the test puts there."""
    enqueue_due(make_queue(client))
    client.delete(f"rq:queue:{jobs.NAME}")
    for mark in client.keys("anthyx:due:*"):
        client.pexpire(mark, 600_000)


def reaches_redis(app: Flask) -> bool:
    return bool(app.test_client().get("/readyz").get_json()["redis"] == "ok")


def refused(client: redis.Redis, marker: Path) -> list[Job]:
    """Jobs that a worker must not run: each would leave the marker."""
    command = f"touch {marker}"
    plain = Queue(jobs.NAME, connection=client, serializer=JSONSerializer)
    ours = make_queue(client)
    return [
        ours.enqueue("os.system", command),
        plain.enqueue("os.system", command),
        plain.enqueue("subprocess.check_call", ["touch", str(marker)]),
        plain.enqueue("builtins.open", str(marker), "w"),
        plain.enqueue("anthyx_server.limits.jobs.store_usage", command),
        plain.enqueue("anthyx_server.limits.jobs.store_usage", later=command),
        plain.enqueue("pathlib.Path.touch", str(marker)),
    ]


def test_it_refuses_what_is_no_job_of_ours_and_outlives_redis(
    app: Flask,
    settings: Settings,
    client: redis.Redis,
    redis_server: RedisServer,
    tmp_path: Path,
) -> None:
    account = make_account(app)
    redis_server.stop()
    with running_worker(settings) as worker:
        redis_server.start()
        wait_until(lambda: bool(client.keys("rq:worker:*")), START_SECONDS)
        strange = refused(client, tmp_path / "marker")
        use(account, client)
        wait_until(lambda: stored(settings) == 1, START_SECONDS)
        for job in strange:
            wait_for(job, JobStatus.FAILED)
            result = job.latest_result()
            assert result is not None
            assert UnregisteredJobError.__name__ in (result.exc_string or "")
        assert not (tmp_path / "marker").exists()
        # A job that can't even be read.
        client.hset("rq:job:broken", "data", "no JSON")
        client.rpush(f"rq:queue:{jobs.NAME}", "broken", "missing")
        redis_server.kill()
        redis_server.start()
        wait_until(lambda: reaches_redis(app), START_SECONDS)
        use(account, client)
        wait_until(lambda: stored(settings) >= 2, START_SECONDS)
        redis_server.kill()
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(END_SECONDS) == 0


def test_after_a_job_only_what_we_registered_happens(client: redis.Redis) -> None:
    plain = Queue(jobs.NAME, connection=client, serializer=JSONSerializer)
    made = plain.enqueue(
        STORE_USAGE,
        on_success=Callback("os.system"),
        on_failure=Callback("os.system"),
        on_stopped=Callback("os.system"),
        webhooks=[Webhook("http://192.0.2.1/", "finished"), Webhook("http://192.0.2.1/", "failed")],
    )
    found = RegisteredJob.fetch(made.id, client, JSONSerializer)
    assert found.func is store_usage
    assert found.success_callback is None
    assert found.failure_callback is None
    assert found.stopped_callback is None
    assert found.webhooks == []


def test_what_a_killed_worker_left_is_done_by_the_next_which_finishes_before_it_ends(
    app: Flask, settings: Settings, client: redis.Redis
) -> None:
    account = make_account(app)
    hold_back(client)
    with running_worker(settings) as worker, locked(settings):
        wait_for(use(account, client), JobStatus.STARTED)
        worker.kill()
        worker.wait()
    assert stored(settings) == 0
    with running_worker(settings) as worker:
        make_queue(client).enqueue(STORE_USAGE)  # as the scheduler does every few seconds
        wait_until(lambda: stored(settings) == 1, START_SECONDS)
        with locked(settings):
            wait_for(use(account, client), JobStatus.STARTED)
            worker.send_signal(signal.SIGTERM)
            with pytest.raises(subprocess.TimeoutExpired):
                worker.wait(1)
        assert worker.wait(END_SECONDS) == 0
    assert stored(settings) == 2


def test_it_ends_also_where_redis_hangs(
    settings: Settings, client: redis.Redis, redis_server: RedisServer
) -> None:
    with running_worker(settings) as worker:
        wait_until(lambda: bool(client.keys("rq:worker:*")), START_SECONDS)
        redis_server.pause()
        worker.send_signal(signal.SIGINT)
        assert worker.wait(END_SECONDS) == 0


@pytest.fixture
def periodic(monkeypatch: pytest.MonkeyPatch) -> str:
    """The only registered job, due every minute; its mark in Redis."""
    job = KnownJob("tests.some_job", lambda: None, 60)
    monkeypatch.setattr(jobs, "_registered", {job.name: job})
    return f"anthyx:due:{job.name}"


def test_each_job_is_enqueued_once_a_period_however_many_schedulers(
    periodic: str, client: redis.Redis, redis_server: RedisServer
) -> None:
    with ExitStack() as stack:
        queues = [make_queue(stack.enter_context(redis_server.client())) for _ in range(4)]
        with ThreadPoolExecutor(4) as pool:
            for period in range(1, 6):
                enqueued = sum(pool.map(enqueue_due, queues * 5))
                assert enqueued == 1
                assert queues[0].count == period
                assert 59_000 < client.pttl(periodic) <= 60_000
                client.delete(periodic)  # the period is over


def test_every_job_s_arguments_are_none_and_failures_are_forgotten(client: redis.Redis) -> None:
    queue = make_queue(client)
    assert enqueue_due(queue) >= 3
    assert enqueue_due(queue) == 0
    for made in queue.get_jobs():
        assert (list(made.args), made.kwargs) == ([], {})
        assert made.result_ttl == 0
        assert 0 < (made.failure_ttl or 0) <= 86_400
        assert made.timeout


def test_what_a_failed_job_leaves_in_logs_and_redis_quotes_no_data(
    app: Flask, client: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    account = make_account(app)
    account.get("/brands", environ_overrides={"REMOTE_ADDR": "192.0.2.77"})
    with app.app_context(), db.db.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE usage_hours")
    failed = make_queue(client).enqueue(STORE_USAGE)
    with app.app_context():
        Worker(Shutdown(), client).work(burst=True, logging_level="WARNING")
    result = failed.latest_result()
    assert result is not None
    told = caplog.text + (result.exc_string or "")
    assert "usage_hours" in told
    for secret in (account.key_id, account.workspace_id, "192.0.2.77", account.token):
        assert secret not in told
