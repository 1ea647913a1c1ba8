"""The faults: what is killed, lost or restarted, when, and for how long."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from anthyx_server import db
from anthyx_server.events import Event
from anthyx_server.webhooks.models import WebhookDelivery
from tests.faults.world import PUBLISHERS, WEB, WORKERS, World
from tests.support.apps import wait_until
from tests.support.postgres import OwnPostgres

_BETWEEN_SECONDS = (0.2, 1.0)
_ASK_AGAIN_SECONDS = 0.2
# Workers are killed while the receiver has so many requests; it answers some after 50 ms.
_BUSY, _BUSY_SECONDS = 3, 60.0


@dataclass(frozen=True)
class Plan:
    """How many events to publish at least, and how often each fault strikes meanwhile.

    Besides, all workers are killed at once, once.
    """

    events: int
    seed: int
    worker_kills: int
    web_kills: int
    publisher_kills: int
    flushes: int
    database_restarts: int
    redis_outages: int
    redis_outage_seconds: float


@dataclass
class Happened:
    """What was done: how often each fault struck, and when Redis was away (Unix seconds)."""

    counts: dict[str, int] = field(default_factory=dict)
    redis_away: list[tuple[float, float]] = field(default_factory=list)


def strike(world: World, plan: Plan, tell: Callable[[str], None]) -> Happened:
    """Do all that the plan says in an order that its seed gives, until enough is committed."""
    chance = random.Random(plan.seed)  # noqa: S311  (that a run can be repeated is the point)
    faults = list(_faults(world, plan))
    chance.shuffle(faults)
    happened = Happened()
    pause = plan.events / len(faults)
    for number, (name, fault) in enumerate(faults, 1):
        _await_events(world, int(number * pause * chance.uniform(0.8, 1.0)))
        time.sleep(chance.uniform(*_BETWEEN_SECONDS))
        tell(f"{number} of {len(faults)}: {name}")
        fault(happened)
        happened.counts[name] = happened.counts.get(name, 0) + 1
    _await_events(world, plan.events)
    world.kill(*PUBLISHERS)
    return happened


def _faults(world: World, plan: Plan) -> Iterator[tuple[str, Callable[[Happened], None]]]:
    # One of them has what is under way: so each run cuts something off.
    yield "all workers killed", _killing_workers(world, *WORKERS)
    for number in range(plan.worker_kills):
        yield "worker killed", _killing_workers(world, WORKERS[number % len(WORKERS)])
    for _ in range(plan.web_kills):
        yield "web server killed", _killing(world, WEB)
    for number in range(plan.publisher_kills):
        yield "publisher killed", _killing(world, PUBLISHERS[number % len(PUBLISHERS)])
    for _ in range(plan.flushes):
        yield "Redis flushed", lambda _: world.redis.flush()
    for _ in range(plan.redis_outages):
        yield "Redis gone, back empty", _without_redis(world, plan.redis_outage_seconds)
    postgres = world.postgres
    if postgres is not None:
        for _ in range(plan.database_restarts):
            yield "database restarted", _restarting(postgres)


def _killing(world: World, *names: str) -> Callable[[Happened], None]:
    def kill(_: Happened) -> None:
        world.kill(*names)
        world.start(*names)

    return kill


def _killing_workers(world: World, *names: str) -> Callable[[Happened], None]:
    kill = _killing(world, *names)

    def kill_at_work(happened: Happened) -> None:
        wait_until(lambda: world.receiver.under_way >= _BUSY, _BUSY_SECONDS)
        kill(happened)

    return kill_at_work


def _restarting(postgres: OwnPostgres) -> Callable[[Happened], None]:
    def restart(_: Happened) -> None:
        postgres.kill()
        postgres.start()

    return restart


def _without_redis(world: World, seconds: float) -> Callable[[Happened], None]:
    def lose(happened: Happened) -> None:
        world.redis.kill()
        began_at = time.time()
        time.sleep(seconds)
        happened.redis_away.append((began_at, time.time()))
        world.redis.restore()

    return lose


def _await_events(world: World, count: int) -> None:
    while _count(world, sa.select(sa.func.count()).select_from(Event)) < count:
        time.sleep(_ASK_AGAIN_SECONDS)


def settle(world: World, tell: Callable[[str], None]) -> None:
    """Wait until no delivery waits any more.

    Raises:
        TimeoutError: the number of those that wait has not changed for a while.
    """
    waiting = sa.select(sa.func.count()).where(WebhookDelivery.next_attempt_at.is_not(None))
    left, changed_at = -1, time.monotonic()
    while left:
        now_left = _count(world, waiting)
        if now_left != left:
            left, changed_at = now_left, time.monotonic()
            tell(f"{left} deliveries are left")
        if time.monotonic() - changed_at > world.settings.webhooks.lease_seconds * 6:
            raise TimeoutError(f"{left} deliveries go nowhere")
        time.sleep(_ASK_AGAIN_SECONDS)


def _count(world: World, query: sa.Select[int]) -> int:
    """A number from the database, also while that is being restarted."""
    while True:
        try:
            with world.account.app.app_context():
                return db.db.session.scalar(query) or 0
        except SQLAlchemyError:
            time.sleep(_ASK_AGAIN_SECONDS)
