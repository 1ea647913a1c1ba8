"""The worker: an RQ worker that keeps the application loaded, and the scheduler beside it."""

from __future__ import annotations

import logging
import signal
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import redis
from flask import Flask
from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.exceptions import StopRequested
from rq.serializers import JSONSerializer

from anthyx_server import clock
from anthyx_server.app import create_app
from anthyx_server.audit import jobs as audit_jobs
from anthyx_server.channels import jobs as channels_jobs
from anthyx_server.config import Settings
from anthyx_server.dashboard import jobs as dashboard_jobs
from anthyx_server.events import jobs as events_jobs
from anthyx_server.keys import jobs as keys_jobs
from anthyx_server.limits import jobs as limits_jobs
from anthyx_server.notices import jobs as notices_jobs
from anthyx_server.queue import RegisteredJob, enqueue_due, is_registered, make_queue
from anthyx_server.webhooks.deliveries import jobs as webhook_deliveries_jobs
from anthyx_server.webhooks.endpoints import jobs as webhook_endpoints_jobs
from anthyx_server.webhooks.engine import Pump

if TYPE_CHECKING:
    from anthyx_server.metrics import Metrics

log = logging.getLogger(__name__)

# Importing a module of jobs registers them.
JOBS = (
    audit_jobs,
    channels_jobs,
    dashboard_jobs,
    events_jobs,
    keys_jobs,
    limits_jobs,
    notices_jobs,
    webhook_deliveries_jobs,
    webhook_endpoints_jobs,
)

_TICK_SECONDS = 1.0
# RQ waits for work for minutes, and for Redis for ever: neither would hear of a signal meanwhile.
_WAIT_FOR_WORK_SECONDS = 1
_WAIT_FOR_REDIS_SECONDS = 3


class Shutdown:
    """The end that a signal asks for."""

    is_asked = False

    def take_signals(self) -> None:
        """Hear SIGTERM and SIGINT from now on; nothing is interrupted by them."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)

    def _ask(self, _number: int, _frame: object) -> None:
        self.is_asked = True


class Worker(SimpleWorker):
    """Runs jobs in this process and looks between them whether it is to end.

    It takes no orders that come through Redis, and needs no answer from there to end.
    """

    max_connection_wait_time = 1.0

    def __init__(
        self, shutdown: Shutdown, client: redis.Redis, metrics: Metrics | None = None
    ) -> None:
        self._shutdown_asked = shutdown
        self._metrics = metrics
        super().__init__(
            [make_queue(client)],
            connection=client,
            serializer=JSONSerializer,
            job_class=RegisteredJob,
            log_job_description=False,
        )

    @property
    def dequeue_timeout(self) -> int:
        """How long it waits for work before it looks around, in seconds."""
        return _WAIT_FOR_WORK_SECONDS

    @property
    def connection_timeout(self) -> int:
        """How long it waits for an answer, in seconds."""
        return _WAIT_FOR_REDIS_SECONDS

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """Tell that it lives; RQ does so before and after each job, and between its waits.

        Raises:
            StopRequested: a signal asked for the end.
        """
        if pipeline is None and self._shutdown_asked.is_asked:
            raise StopRequested
        super().heartbeat(timeout, pipeline)

    def perform_job(self, job: Any, queue: Any, execution: Any) -> bool:
        """Run a job; False where it failed."""
        started_at = clock.monotonic()
        is_done = super().perform_job(job, queue, execution)
        if self._metrics is not None:
            # Of a job that is none of ours not even the name is told.
            name = job.func_name if is_registered(job.func_name) else "unknown"
            outcome = "succeeded" if is_done else "failed"
            self._metrics.job_ended(name, outcome, clock.monotonic() - started_at)
        return is_done

    def register_death(self) -> None:
        """Tell that it ends, if anybody listens."""
        try:
            super().register_death()  # type: ignore[no-untyped-call]  # RQ has no types here
        except RedisError as error:
            log.warning("worker: Redis unavailable (%s)", type(error).__name__)

    def _install_signal_handlers(self) -> None:
        """Leave signals to the process: RQ's handlers may raise anywhere."""

    def subscribe(self) -> None:
        """Listen to nobody: whoever can write to Redis could end the worker."""

    def unsubscribe(self) -> None:
        """Nothing to end."""


def run(settings: Settings, ready_file: Path | None = None) -> None:
    """Work until SIGTERM or SIGINT; a job that runs is finished first."""
    shutdown = Shutdown()
    shutdown.take_signals()
    app = create_app(settings)
    client = redis.Redis.from_url(settings.redis_url, socket_connect_timeout=1, retry=None)
    metrics: Metrics | None = app.extensions.get("anthyx_metrics")
    threading.Thread(target=_schedule, args=(settings, shutdown, metrics), daemon=True).start()
    pump = Pump(app)
    pump.start()
    if ready_file is not None:
        ready_file.touch()
    try:
        _run_jobs(app, client, shutdown, metrics)
    finally:
        pump.stop()


def _run_jobs(app: Flask, client: redis.Redis, shutdown: Shutdown, metrics: Metrics | None) -> None:
    with app.app_context():
        while not shutdown.is_asked:
            try:
                Worker(shutdown, client, metrics).work(logging_level="WARNING")
            except RedisError as error:
                log.warning("worker: Redis unavailable (%s)", type(error).__name__)
            if not shutdown.is_asked:
                time.sleep(_TICK_SECONDS)


def _schedule(settings: Settings, shutdown: Shutdown, metrics: Metrics | None) -> None:
    """Enqueue what is due, each second; Redis being away only delays it."""
    client = redis.Redis.from_url(settings.redis_url, socket_timeout=1, socket_connect_timeout=1)
    queue = make_queue(client)
    planned_at = clock.monotonic()
    while not shutdown.is_asked:
        try:
            enqueue_due(queue)
            if metrics is not None:
                metrics.scheduled(max(0.0, clock.monotonic() - planned_at))
            planned_at = clock.monotonic() + _TICK_SECONDS
        except RedisError as error:
            log.warning("scheduler: Redis unavailable (%s)", type(error).__name__)
        time.sleep(_TICK_SECONDS)
