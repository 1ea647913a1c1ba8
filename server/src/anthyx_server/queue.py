"""Background work: RQ wakes a worker, the rows say what is to be done.

A job takes no arguments and may be lost or run twice: each is written so that the next run does
what is left. Nothing that matters is ever in Redis alone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import redis
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer

log = logging.getLogger(__name__)

NAME = "anthyx"
_RESULT_SECONDS = 0
_FAILURE_SECONDS = 3_600
_JOB_SECONDS = 300

_registered: dict[str, KnownJob] = {}


class UnregisteredJobError(Exception):
    """Somebody enqueued what is no job of ours; RQ would run any importable name."""


@dataclass(frozen=True)
class KnownJob:
    """A function without arguments that is due every so many seconds, or when it is enqueued."""

    name: str
    run: Callable[[], None]
    every_seconds: int | None


class RegisteredJob(Job):
    """A job that runs only functions which `job` registered, and nothing after them."""

    @property
    def func(self) -> Callable[..., Any]:
        """The function.

        Raises:
            UnregisteredJobError: it is none of ours.
        """
        found = _registered.get(self.func_name or "")
        if found is None or self.args or self.kwargs:
            raise UnregisteredJobError(str(self.func_name)[:100])
        return found.run

    def restore(self, raw_data: Any) -> None:
        """Read the job from Redis, less the functions and addresses to call once it has ended."""
        super().restore(raw_data)
        self._success_callback_name = None
        self._failure_callback_name = None
        self._stopped_callback_name = None
        self.webhooks = []


def job(*, every_seconds: int | None = None) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Register a function as a job that runs every so many seconds; None: only as enqueued."""

    def register(function: Callable[[], None]) -> Callable[[], None]:
        name = _name(function)
        _registered[name] = KnownJob(name, function, every_seconds)
        return function

    return register


def _name(function: Callable[[], None]) -> str:
    return f"{function.__module__}.{function.__name__}"


def is_registered(name: str | None) -> bool:
    """Whether this names a job of ours."""
    return name in _registered


def make_queue(client: redis.Redis) -> Queue:
    """The one queue."""
    return Queue(NAME, connection=client, serializer=JSONSerializer, job_class=RegisteredJob)


def enqueue(queue: Queue, function: Callable[[], None]) -> None:
    """Enqueue a job that `job` registered.

    Raises:
        RedisError: Redis does not take it; whether it has is not known.
    """
    _enqueue(queue, _name(function))


def _enqueue(queue: Queue, name: str) -> None:
    queue.enqueue(
        name,
        job_timeout=_JOB_SECONDS,
        result_ttl=_RESULT_SECONDS,
        failure_ttl=_FAILURE_SECONDS,
    )


def enqueue_due(queue: Queue) -> int:
    """Enqueue every job whose period is over; how many. Any number of processes may ask.

    One `SET NX` per job and period decides which of them enqueues it.
    """
    enqueued = 0
    for due in _registered.values():
        if due.every_seconds is None:
            continue
        mark = f"anthyx:due:{due.name}"
        if queue.connection.set(mark, "1", nx=True, px=due.every_seconds * 1000):
            _enqueue(queue, due.name)
            enqueued += 1
    return enqueued
