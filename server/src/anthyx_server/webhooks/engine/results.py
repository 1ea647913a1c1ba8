"""Results: what came of attempts, on record in the transaction that ends their leases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from anthyx_server import clock
from anthyx_server.db import is_sqlite
from anthyx_server.ids import new_id
from anthyx_server.webhook_settings import WebhookSettings
from anthyx_server.webhooks.engine.health import Health
from anthyx_server.webhooks.engine.result_statements import (
    PostgresqlResults,
    ResultStatements,
    SqliteResults,
)
from anthyx_server.webhooks.engine.retry import Verdict, judge
from anthyx_server.webhooks.engine.work import INTERRUPTED, Claimed, Finished

# A workspace and a mode.
Owner = tuple[str, str]


@dataclass(slots=True)
class Recorded:
    """What a batch of results came to.

    `lost` counts attempts whose lease somebody else had ended: they are not on record, as that
    one's are. `hopeless` are the endpoints to be turned off, `gone` those that said so.
    """

    statuses: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    hopeless: dict[str, Owner] = field(default_factory=dict)
    gone: dict[str, Owner] = field(default_factory=dict)


class Results:
    """Writes results; safe to repeat, since a lease ends once."""

    def __init__(self, engine: sa.Engine, settings: WebhookSettings) -> None:
        self._engine = engine
        self._statements: ResultStatements = PostgresqlResults()
        if is_sqlite(engine):
            self._statements = SqliteResults()
        self._schedule = settings.retry_seconds

    def record(self, batch: Sequence[Finished]) -> Recorded:
        """Write a batch in one transaction.

        Raises:
            SQLAlchemyError: the database failed; nothing is written, and it may be tried again.
        """
        with self._engine.begin() as connection:
            return self.record_in(connection, batch)

    def record_in(self, connection: sa.Connection, batch: Sequence[Finished]) -> Recorded:
        """Write a batch in an open transaction, which may hold the lines' locks already."""
        now = clock.now()
        statements = self._statements
        # In one order everywhere: lines by endpoint, then deliveries by id.
        ordered = sorted(batch, key=lambda each: each.claimed.id)
        endpoint_ids = sorted({each.claimed.endpoint_id for each in ordered})
        health = statements.lock_health(connection, endpoint_ids)
        verdicts = [(each.claimed, self._judge(each, now)) for each in ordered]
        held = statements.finish(connection, verdicts, now)
        kept = [each for each in ordered if (each.claimed.id, each.claimed.lease) in held]
        recorded = Recorded(lost=len(ordered) - len(kept))
        if kept:
            statements.keep_attempts(connection, [(new_id("att"), each) for each in kept])
            recorded.statuses.update(
                verdict.status
                for claimed, verdict in verdicts
                if (claimed.id, claimed.lease) in held
            )
            self._settle(connection, kept, health, recorded, now)
        return recorded

    def record_one_by_one(self, batch: Sequence[Finished]) -> Recorded:
        """As `record`, where one result of a batch is something that the database refuses.

        That one is kept without what the receiver said.
        """
        total = Recorded()
        for finished in batch:
            try:
                recorded = self.record([finished])
            except (sa.exc.StatementError, ValueError):
                bare = replace(
                    finished, error_detail=None, response_headers=None, response_body=None
                )
                recorded = self.record([bare])
            total.statuses.update(recorded.statuses)
            total.lost += recorded.lost
            total.hopeless |= recorded.hopeless
            total.gone |= recorded.gone
        return total

    def give_back(self, unsent: Sequence[Claimed]) -> None:
        """End the leases of deliveries that nothing was sent of, as if they had not been claimed.

        Raises:
            SQLAlchemyError: the database failed; nothing is written, and it may be tried again.
        """
        ordered = sorted(unsent, key=lambda each: each.id)
        with self._engine.begin() as connection:
            self._statements.lock_health(connection, sorted({each.endpoint_id for each in ordered}))
            freed = self._statements.give_back(connection, ordered)
            ended = Counter(each.endpoint_id for each in ordered if (each.id, each.lease) in freed)
            if ended:
                self._statements.leave(connection, dict(sorted(ended.items())))

    def lock_line(self, connection: sa.Connection, endpoint_id: str) -> int | None:
        """Lock an endpoint's line; how much is under way by its count, None where there is none."""
        return self._statements.lock_line(connection, endpoint_id)

    def _judge(self, finished: Finished, now: datetime) -> Verdict:
        claimed = finished.claimed
        return judge(
            self._schedule,
            (
                claimed.status,
                claimed.trigger,
                claimed.number,
                claimed.round_attempts,
                claimed.recovery_id,
            ),
            now,
            is_success=finished.is_success,
            is_final=finished.is_final,
            is_interrupted=finished.error_code == INTERRUPTED,
            retry_after=finished.retry_after,
        )

    def _settle(
        self,
        connection: sa.Connection,
        kept: Sequence[Finished],
        health: dict[str, Health],
        recorded: Recorded,
        now: datetime,
    ) -> None:
        """Write what the attempts say of their endpoints' health; a deleted one has no line."""
        by_end = sorted(kept, key=lambda each: (each.started_at, each.duration_ms or 0))
        for each in by_end:
            endpoint_id = each.claimed.endpoint_id
            owner = (each.claimed.workspace_id, each.claimed.mode)
            if each.claimed.trigger == "test" or each.is_fault_of_ours:
                continue
            if endpoint_id in health:
                _learn(health[endpoint_id], each, now)
                if not each.is_success and health[endpoint_id].is_hopeless(now):
                    recorded.hopeless[endpoint_id] = owner
            if each.is_gone:
                recorded.gone[endpoint_id] = owner
        ended = Counter(each.claimed.endpoint_id for each in kept)
        there = {each: ended[each] for each in sorted(ended) if each in health}
        if there:
            self._statements.save_health(connection, there, health)


def _learn(health: Health, finished: Finished, now: datetime) -> None:
    if finished.is_success:
        health.succeed(now)
        return
    health.fail(finished.started_at, _failure(finished))
    # A customer who tries again by hand does not make the endpoint wait longer.
    if finished.holds_endpoint and finished.claimed.trigger != "manual":
        health.hold(now, finished.retry_after)


def _failure(finished: Finished) -> dict[str, Any]:
    """What `health.last_failure` shows."""
    return {
        "at": clock.rfc3339(finished.started_at),
        "delivery_id": finished.claimed.id,
        "event_type": finished.claimed.event_type,
        "status_code": finished.status_code,
        "error_code": finished.error_code,
    }
