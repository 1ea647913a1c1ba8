"""What the processes of one server count and time, for Prometheus; nothing of it names a customer.

Each process writes to files of its own in `metrics/` of the data directory, numbered by a slot that
it holds a lock on. The next process takes the slot of one that died, and counts on in its files.
"""

from __future__ import annotations

import fcntl
import itertools
import platform
import struct
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, ParamSpec, TypeVar

from prometheus_client import Counter, Gauge, Histogram, values
from prometheus_client.mmap_dict import MmapedDict

from anthyx_server import clock
from anthyx_server.config import share_metrics_in
from anthyx_server.version import product_version

P = ParamSpec("P")
R = TypeVar("R")

_REQUEST_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_GATE_BUCKETS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1)
_LAG_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300, 3_600, 86_400)
_JOB_BUCKETS = (0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60, 300)

# What prometheus-client raises at a file that was not written whole (yet).
BROKEN = (OSError, RuntimeError, ValueError, struct.error)


class Metrics:
    """What this process counts. Make one per process, after it was forked."""

    def __init__(self, directory: Path) -> None:
        """Take a slot in `directory`, which is made where it is missing."""
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        slot, self._lock = _take_slot(directory)
        share_metrics_in(directory)
        values.ValueClass = values.MultiProcessValue(lambda: slot)  # type: ignore[no-untyped-call]
        self._make()
        self._request_children: dict[tuple[str, int], tuple[Any, Any]] = {}

    def _make(self) -> None:
        self._requests = Counter(
            "anthyx_requests", "Requests answered.", ("method", "route", "status"), registry=None
        )
        self._seconds = Histogram(
            "anthyx_request_seconds", "From reading a request to its answer.",
            ("method", "route"), registry=None, buckets=_REQUEST_BUCKETS,
        )  # fmt: skip
        self._gate = Histogram(
            "anthyx_gate_seconds", "Judging a key and its limits.",
            registry=None, buckets=_GATE_BUCKETS,
        )  # fmt: skip
        self.gate_fallbacks = Counter(
            "anthyx_gate_fallbacks", "Requests judged without Redis.", registry=None
        )
        self._limited = Counter(
            "anthyx_rate_limited", "Answers with status 429.", ("plan",), registry=None
        )
        self.database_errors = Counter(
            "anthyx_database_errors", "Requests that the database failed.", registry=None
        )
        self.wake_failures = Counter(
            "anthyx_webhook_wake_failures", "Commits that could not wake a worker.", registry=None
        )
        self._jobs = Counter("anthyx_jobs", "Jobs run.", ("job", "outcome"), registry=None)
        self._job_seconds = Histogram(
            "anthyx_job_seconds", "How long jobs ran.",
            ("job",), registry=None, buckets=_JOB_BUCKETS,
        )  # fmt: skip
        self._scheduler_lag = Gauge(
            "anthyx_scheduler_lag_seconds", "How much later than planned the scheduler last ran.",
            registry=None, multiprocess_mode="mostrecent",
        )  # fmt: skip
        self._scheduler_ran_at = Gauge(
            "anthyx_scheduler_last_run_timestamp_seconds", "When the scheduler last ran.",
            registry=None, multiprocess_mode="max",
        )  # fmt: skip
        self._make_of_webhooks()
        build = Gauge(
            "anthyx_build_info", "The version that runs.", ("version", "python"),
            registry=None, multiprocess_mode="max",
        )  # fmt: skip
        build.labels(product_version(), platform.python_version()).set(1)

    def _make_of_webhooks(self) -> None:
        self._deliveries = Counter(
            "anthyx_webhook_attempts", "Attempts on record, by what the delivery was then.",
            ("status",), registry=None,
        )  # fmt: skip
        self._lost_leases = Counter(
            "anthyx_webhook_lost_leases", "Results that came after their lease.", registry=None
        )
        self._lag = Histogram(
            "anthyx_webhook_lag_seconds", "From the event to the first attempt.",
            registry=None, buckets=_LAG_BUCKETS,
        )  # fmt: skip
        self._swept = Counter(
            "anthyx_webhook_swept", "What the sweeper found.", ("find",), registry=None
        )
        self._open_deliveries = Gauge(
            "anthyx_webhook_in_flight", "Deliveries under way.",
            registry=None, multiprocess_mode="livesum",
        )  # fmt: skip
        self._due_endpoints = Gauge(
            "anthyx_webhook_due_endpoints", "Endpoints with something due, of those served.",
            registry=None, multiprocess_mode="mostrecent",
        )  # fmt: skip

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request; `route` is a template, never a path."""
        place = (method + route, status)
        children = self._request_children.get(place)
        if children is None:
            children = (
                self._requests.labels(method, route, str(status)),
                self._seconds.labels(method, route),
            )
            self._request_children[place] = children
        children[0].inc()
        children[1].observe(seconds)

    def timing_gate(self, admit: Callable[P, R]) -> Callable[P, R]:
        """The gate, with a clock beside it."""
        observe = self._gate.observe

        def timed(*arguments: P.args, **options: P.kwargs) -> R:
            started_at = clock.monotonic()
            try:
                return admit(*arguments, **options)
            finally:
                observe(clock.monotonic() - started_at)

        return timed

    def limited(self, plan: str) -> None:
        """Count a 429."""
        self._limited.labels(plan).inc()

    def job_ended(self, name: str, outcome: str, seconds: float) -> None:
        """Count a run of a job."""
        self._jobs.labels(name, outcome).inc()
        self._job_seconds.labels(name).observe(seconds)

    def delivered(self, statuses: Mapping[str, int], lost: int) -> None:
        """Count attempts that are on record, and results that came too late for that."""
        for status, count in statuses.items():
            self._deliveries.labels(status).inc(count)
        if lost:
            self._lost_leases.inc(lost)

    def delivery_lag(self, seconds: float) -> None:
        """Note how long after its event a first attempt started."""
        self._lag.observe(seconds)

    def swept(self, find: str, count: int) -> None:
        """Count what the sweeper found."""
        self._swept.labels(find).inc(count)

    def webhook_backlog(self, in_flight: int, due_endpoints: int) -> None:
        """Note what is under way in this process, and how many endpoints have something due."""
        self._open_deliveries.set(in_flight)
        self._due_endpoints.set(due_endpoints)

    def scheduled(self, late_seconds: float) -> None:
        """Note that the scheduler ran, and how much later than planned."""
        moment = clock.now().timestamp()
        self._scheduler_lag.set(late_seconds)
        self._scheduler_ran_at.set(moment)


def _take_slot(directory: Path) -> tuple[str, IO[bytes]]:
    """The lowest number that no living process holds, and the lock on it."""
    for number in itertools.count(1):
        lock = (directory / f"{number}.lock").open("ab")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            continue
        for path in _files_of(directory, str(number)):
            _remove_if_broken(path)
        return str(number), lock
    raise AssertionError  # numbers don't end


def forget_the_dead(directory: Path) -> None:
    """Remove the files of processes that are gone: a new server starts from zero."""
    for path in directory.glob("*.lock"):
        with path.open("ab") as lock, suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for left in _files_of(directory, path.stem):
                left.unlink(missing_ok=True)


def _files_of(directory: Path, slot: str) -> list[Path]:
    return list(directory.glob(f"*_{slot}.db"))


def _remove_if_broken(path: Path) -> None:
    """Drop a file whose writer was killed as it made it."""
    try:
        for _ in MmapedDict.read_all_values_from_file(str(path)):  # type: ignore[no-untyped-call]
            pass
    except BROKEN:
        path.unlink(missing_ok=True)
