"""The table of deliveries: what one worker process sends, beside peers that keep no record."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import sqlalchemy as sa
from flask import Flask

from anthyx_server import clock, db, events, leash
from anthyx_server.config import Settings
from anthyx_server.events import Event
from anthyx_server.ids import id_of, new_id
from anthyx_server.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookQueue
from tests.bench import receiving, sending_peers
from tests.support.apps import (
    Account,
    environment,
    make_account,
    make_settings,
    open_app,
    wait_until,
)
from tests.support.deliveries import subscribe
from tests.support.postgres import throwaway_postgres
from tests.support.redis import throwaway_redis
from tests.support.scratch import scratch_directory

SMALL = 10_000
_BATCH = 5_000
_BODY = b'{"padding":"' + b"x" * 1_000 + b'"}'
_MOST_SECONDS = 3_600.0
_EVENTS_PER_SECOND = 200


@dataclass
class Bench:
    """A database with endpoints, a receiver, and a worker process in between."""

    settings: Settings
    app: Flask
    account: Account
    urls: list[str]
    endpoint_ids: list[str] = field(default_factory=list)

    def fill(self, count: int) -> None:
        """Commit so many events, each with one delivery, due now."""
        with self.app.app_context():
            for start in range(0, count, _BATCH):
                rows = [self._rows(number) for number in range(start, min(count, start + _BATCH))]
                with db.transaction():
                    session = db.db.session
                    session.execute(sa.insert(Event), [event for event, _ in rows])
                    session.execute(sa.insert(WebhookDelivery), [row for _, row in rows])

    def _rows(self, number: int) -> tuple[dict[str, object], dict[str, object]]:
        moment = clock.now()
        owner = {"workspace_id": self.account.workspace_id, "mode": self.account.mode}
        event_id = new_id("evt")
        event: dict[str, object] = {
            "id": event_id, "type": "brand.created", "brand_id": None, "body": _BODY,
            "created_at": moment, "position": time.time_ns(), **owner,
        }  # fmt: skip
        delivery: dict[str, object] = {
            "id": id_of("dlv", moment, time.time_ns()), "event_id": event_id,
            "endpoint_id": self.endpoint_ids[number % len(self.endpoint_ids)],
            "event_type": "brand.created", "status": "pending", "trigger": "automatic",
            "attempts_made": 0, "round_attempts": 0, "next_attempt_at": moment,
            "created_at": moment, **owner,
        }  # fmt: skip
        return event, delivery

    def attempts(self, but: str = "") -> int:
        """How many deliveries were tried, of one endpoint's none; reads one row per endpoint."""
        with self.app.app_context():
            tried = sa.func.sum(WebhookQueue.sequence - WebhookQueue.in_flight)
            query = sa.select(tried).where(WebhookQueue.endpoint_id != but)
            return int(db.db.session.scalar(query) or 0)


@contextmanager
def open_bench(database: str) -> Iterator[Bench]:
    """Start Redis, the database and the receiver, with an endpoint on each of its hosts."""
    with ExitStack() as stack:
        directory = stack.enter_context(scratch_directory())
        redis_server = stack.enter_context(throwaway_redis())
        url = f"sqlite:///{directory / 'anthyx.db'}"
        if database == "postgresql":
            url = stack.enter_context(throwaway_postgres()).create_database()
        db.upgrade(url)
        settings = make_settings(directory, url, redis_server.url)
        app = stack.enter_context(open_app(settings))
        urls = stack.enter_context(receiving.open_receiver(directory))
        bench = Bench(settings, app, make_account(app), urls)
        bench.endpoint_ids = [subscribe(bench.account, each, max_in_flight=32) for each in urls]
        yield bench


@contextmanager
def pump_process(bench: Bench, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """One worker process that delivers."""
    command = [sys.executable, "-m", "tests.bench.pump", *arguments]
    with subprocess.Popen(
        [sys.executable, leash.__file__, str(os.getpid()), *command],
        env=environment(bench.settings) | {"ANTHYX_ALLOW_PRIVATE_DESTINATIONS": "true"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.stdin.close()
        process.wait(60)


def memory(process: subprocess.Popen[str]) -> float:
    """The most memory that the process has taken so far, in MiB."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("\n")
    process.stdin.flush()
    return int(process.stdout.readline()) / 1024


def drain(bench: Bench, count: int) -> tuple[float, float]:
    """Deliveries per second of a backlog of so many, and the memory in MiB it took."""
    bench.fill(count)
    before = bench.attempts()
    with pump_process(bench) as process:
        started_at = clock.monotonic()
        wait_until(lambda: bench.attempts() - before >= count, _MOST_SECONDS)
        seconds = clock.monotonic() - started_at
        return count / seconds, memory(process)


def latencies(bench: Bench, seconds: float) -> list[float]:
    """Milliseconds from the commit to the start of the attempt, at 200 events a second.

    Each is published as a request does it, for one endpoint.
    """
    with pump_process(bench), bench.app.app_context():
        db.db.session.execute(
            sa.text("UPDATE webhook_endpoints SET event_types = '[]' WHERE id <> :id"),
            {"id": bench.endpoint_ids[0]},
        )
        db.db.session.commit()
        # The process has no jobs that could wake it: it looks each second until it finds something.
        for _ in _publishing(bench, 1.5):
            pass
        committed = dict(_publishing(bench, seconds))
        count = db.db.session.scalar(sa.select(sa.func.count()).select_from(WebhookDelivery)) or 0
        db.rollback()  # an open transaction would hold SQLite's write lock
        query = sa.select(WebhookDelivery.event_id, WebhookAttempt.started_at).join(
            WebhookAttempt, WebhookAttempt.delivery_id == WebhookDelivery.id
        )
        wait_until(lambda: bench.attempts() >= count, 60)
        time.sleep(1.0)
        rows = db.db.session.execute(query).all()
        return [
            (started_at.timestamp() - committed[event_id]) * 1000
            for event_id, started_at in rows
            if event_id in committed
        ]


def _publishing(bench: Bench, seconds: float) -> Iterator[tuple[str, float]]:
    due = clock.monotonic()
    end = due + seconds
    while due < end:
        with db.transaction():
            subject = ("brand", new_id("brand"))
            event = events.publish(bench.account.caller, "brand.created", subject, {"name": "A"})
            event_id = event.id
        yield event_id, clock.unix_seconds()
        due += 1 / _EVENTS_PER_SECOND
        time.sleep(max(0.0, due - clock.monotonic()))


def table(database: str, rounds: int, count: int) -> str:
    """Measure in turn; the figures as Markdown. `count` is the size of the deep backlog."""
    ours, raw, jobs = [], [], []
    for _ in range(rounds):
        with open_bench(database) as bench:
            ours.append(drain(bench, SMALL)[0])
            raw.append(sending_peers.raw(bench.urls, _BODY, SMALL))
            jobs.append(sending_peers.one_job_each(bench.settings.redis_url, bench.urls, _BODY))
    with open_bench(database) as bench:
        shallow, little = drain(bench, SMALL)
        deep, much = drain(bench, count)
    with open_bench(database) as bench:
        waits = sorted(latencies(bench, 5.0))
    mine = statistics.median(ours)
    median, late = (round(waits[int(len(waits) * share)]) for share in (0.5, 0.99))
    rows = [
        "| sender, 1 kB signed, to " + receiving.name() + " | per second | of a raw client |",
        "|---|--:|--:|",
        f"| this worker, attempts on record | {mine:,.0f} | {_ratio(ours, raw)} |",
        f"| a pycurl multi handle, nothing on record | {statistics.median(raw):,.0f} | 1 |",
        f"| one RQ job each | {statistics.median(jobs):,.0f} | {_ratio(jobs, raw)} |",
        "",
        "| | |",
        "|---|--:|",
        f"| rate at {count:,} waiting, of that at {SMALL:,} | {deep / shallow:.2f} |",
        f"| MiB after {SMALL:,} deliveries, after {count:,} more | {little:.0f}, {much:.0f} |",
        f"| commit to attempt at {_EVENTS_PER_SECOND}/s, p50 and p99 in ms | {median}, {late} |",
    ]
    return "\n".join(rows)


def _ratio(these: list[float], those: list[float]) -> str:
    return f"{statistics.median(a / b for a, b in zip(these, those, strict=True)):.2f}"
