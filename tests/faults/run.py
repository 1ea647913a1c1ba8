"""One run: everything started, struck, settled and judged, and what is told of it."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import orjson
import sqlalchemy as sa

from anthyx_server import db
from anthyx_server.events import Event
from anthyx_server.webhooks.models import WebhookAttempt, WebhookDelivery
from tests.faults import chaos, verdict
from tests.faults.traffic import customer
from tests.faults.verdict import Attempted, Pair, Recorded, Verdict
from tests.faults.world import World, open_world


@dataclass(frozen=True)
class Report:
    """How a run ended."""

    plan: chaos.Plan
    happened: chaos.Happened
    verdict: Verdict
    seconds: float
    events: int
    accepted: int
    interrupted: int
    timed_out: int
    dead: int
    forged: int
    answered_but_no_event: int
    longest_takeover: float
    slowest_without_redis: float | None

    @property
    def broken(self) -> dict[str, int]:
        """Every promise that was broken, and how often."""
        more = {"forged": self.forged, "answered_but_no_event": self.answered_but_no_event}
        return self.verdict.broken() | {name: count for name, count in more.items() if count}

    def lines(self) -> list[str]:
        """The report in words."""
        faults = ", ".join(f"{count}x {name}" for name, count in self.happened.counts.items())
        slowest = self.slowest_without_redis
        return [
            f"faults: {faults} (seed {self.plan.seed})",
            f"{self.events:,} events in {self.seconds:.0f} s, {self.accepted:,} requests accepted",
            f"dead: {self.dead:,}",
            f"attempts cut off: {self.interrupted:,}; answered too late: {self.timed_out:,}",
            f"longest from an attempt cut off to the next: {self.longest_takeover:.1f} s",
            f"slowest event while Redis was away: {'-' if slowest is None else f'{slowest:.2f} s'}",
            f"broken promises: {self.broken or 'none'}",
        ]


def run(database: str, plan: chaos.Plan, per_second: float, tell: Callable[[str], None]) -> Report:
    """Publish that fast while the plan's faults strike, wait for the last delivery, and judge."""
    with open_world(database, per_second) as world:
        began_at = time.monotonic()
        with customer(world.base, world.account.token) as brand_ids:
            happened = chaos.strike(world, plan, tell)
        chaos.settle(world, tell)
        return _report(world, plan, happened, brand_ids, time.monotonic() - began_at)


def _report(
    world: World,
    plan: chaos.Plan,
    happened: chaos.Happened,
    brand_ids: list[str],
    seconds: float,
) -> Report:
    made_at, told_of = _events(world)
    deliveries = _deliveries(world)
    receipts = {
        endpoint_id: world.receiver.receipts.get(path, [])
        for path, endpoint_id in world.endpoints.items()
    }
    return Report(
        plan,
        happened,
        verdict.judge(made_at, deliveries, receipts),
        seconds,
        events=len(made_at),
        accepted=sum(each.status < 300 for arrived in receipts.values() for each in arrived),
        interrupted=sum(each.interrupted for each in deliveries.values()),
        timed_out=sum(each.timed_out for each in deliveries.values()),
        dead=sum(each.status == "dead" for each in deliveries.values()),
        forged=world.receiver.forged,
        answered_but_no_event=len(set(brand_ids) - told_of),
        longest_takeover=verdict.longest_takeover(deliveries.values()),
        slowest_without_redis=verdict.slowest_without_redis(
            made_at, receipts[world.endpoints["/steady"]], happened.redis_away
        ),
    )


def _events(world: World) -> tuple[dict[str, float], set[str]]:
    """When each brand's event was made (Unix seconds), and the brands that they tell of."""
    with world.account.app.app_context():
        query = sa.select(Event.id, Event.created_at, Event.body)
        rows = db.db.session.execute(query.where(Event.type == "brand.created")).all()
    made_at = {event_id: moment.timestamp() for event_id, moment, _ in rows}
    return made_at, {orjson.loads(body)["subject"]["id"] for _, _, body in rows}


def _deliveries(world: World) -> dict[Pair, Recorded]:
    attempts: dict[str, list[Attempted]] = defaultdict(list)
    columns = (WebhookAttempt.number, WebhookAttempt.started_at, WebhookAttempt.error_code)
    with world.account.app.app_context():
        for delivery_id, number, started_at, error_code in db.db.session.execute(
            sa.select(WebhookAttempt.delivery_id, *columns)
        ):
            attempts[delivery_id].append(Attempted(number, started_at, error_code))
        rows = db.db.session.execute(
            sa.select(
                WebhookDelivery.id,
                WebhookDelivery.endpoint_id,
                WebhookDelivery.event_id,
                WebhookDelivery.status,
                WebhookDelivery.attempts_made,
            )
        ).all()
    return {
        (endpoint_id, event_id): Recorded(status, made, tuple(attempts[delivery_id]))
        for delivery_id, endpoint_id, event_id, status, made in rows
    }
