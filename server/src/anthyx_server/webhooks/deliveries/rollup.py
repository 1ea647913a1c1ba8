"""Summing attempts by the hour: in the order of their ids, each once, in transactions of their own.

Ids are made right before the transaction that inserts them. A minute later that has committed or
never will, so that what is older than that is summed, and what is younger read as it is.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from anthyx_server import clock
from anthyx_server.db import UTCTime, db, is_sqlite, transaction
from anthyx_server.ids import id_of
from anthyx_server.webhooks.deliveries.histogram import class_of
from anthyx_server.webhooks.models import WebhookAttempt, WebhookHour, WebhookMark

MARK = "attempts"
SETTLED = timedelta(seconds=60)
_ROWS = 20_000
_Attempt: Any = WebhookAttempt


class Owner(NamedTuple):
    """Whose attempts are summed, and of which hour."""

    workspace_id: str
    mode: str
    endpoint_id: str
    hour: datetime


@dataclass
class Sum:
    """What attempts came to; `durations` are counted by their class."""

    succeeded: int = 0
    failed: int = 0
    durations: Counter[int] = field(default_factory=Counter)

    def add(self, count: int, duration_ms: int | None, *, is_success: bool) -> None:
        """Add so many attempts that took so long."""
        if is_success:
            self.succeeded += count
        else:
            self.failed += count
        if duration_ms is not None:
            self.durations[class_of(duration_ms)] += count

    def add_stored(self, succeeded: int, failed: int, durations: dict[str, int]) -> None:
        """Add what was stored."""
        self.succeeded += succeeded
        self.failed += failed
        self.durations.update({int(name): count for name, count in durations.items()})


def hour_of(connection: sa.Engine | sa.Connection) -> sa.ColumnElement[datetime]:
    """The hour in UTC that an attempt began in, as SQL."""
    started_at = _Attempt.started_at
    if is_sqlite(connection):
        number = sa.type_coerce(started_at, sa.BigInteger)
        return sa.type_coerce(number - number % sa.literal_column("3600000"), UTCTime())
    return sa.type_coerce(sa.func.date_trunc("hour", started_at, "UTC"), UTCTime())


def is_success() -> sa.ColumnElement[Any]:
    """1 where the receiver took the delivery, as SQL."""
    took = sa.and_(_Attempt.status_code.between(200, 299), _Attempt.error_code.is_(None))
    return sa.case((took, 1), else_=0)


def step() -> bool:
    """Sum the next attempts, in one transaction; whether there may be more."""
    with transaction():
        mark = _lock_mark()
        last_id = _last_of_batch(mark.attempt_id)
        if last_id is None:
            return False
        _store(_sums(mark.attempt_id, last_id))
        mark.attempt_id = last_id
        return True


def _lock_mark() -> WebhookMark:
    """How far the sum has come; one process at a time goes on."""
    insert = sqlite.insert if is_sqlite(db.session.connection()) else postgresql.insert
    first: Any = insert(WebhookMark).values(name=MARK, attempt_id="")
    db.session.execute(first.on_conflict_do_nothing())
    query = sa.select(WebhookMark).where(WebhookMark.name == MARK).with_for_update()
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def _last_of_batch(mark: str) -> str | None:
    settled = id_of("att", clock.now() - SETTLED, 0)
    batch = (
        sa.select(_Attempt.id)
        .where(_Attempt.id > mark, _Attempt.id < settled)
        .order_by(_Attempt.id)
        .limit(_ROWS)
        .subquery()
    )
    last_id: str | None = db.session.scalar(sa.select(sa.func.max(batch.c.id)))
    return last_id


def _sums(mark: str, last_id: str) -> dict[Owner, Sum]:
    owner = (_Attempt.workspace_id, _Attempt.mode, _Attempt.endpoint_id)
    what = (hour_of(db.session.connection()), is_success(), _Attempt.duration_ms)
    query = (
        sa.select(*owner, *what, sa.func.count())
        .where(_Attempt.id > mark, _Attempt.id <= last_id)
        .group_by(*owner, *what)
    )
    sums: dict[Owner, Sum] = {}
    for *whose, is_taken, duration_ms, count in db.session.execute(query):
        found = sums.setdefault(Owner(*whose), Sum())
        found.add(count, duration_ms, is_success=bool(is_taken))
    return sums


def _store(sums: dict[Owner, Sum]) -> None:
    """Add sums to the rows of their hours; whoever does so holds the mark."""
    for owner, found in sorted(sums.items()):
        place = (owner.endpoint_id, owner.hour)
        row = db.session.get(WebhookHour, place, populate_existing=True)
        if row is None:
            row = WebhookHour(**owner._asdict(), succeeded=0, failed=0, durations={})
            db.session.add(row)
        found.add_stored(row.succeeded, row.failed, row.durations)
        row.succeeded, row.failed = found.succeeded, found.failed
        row.durations = {str(least): count for least, count in sorted(found.durations.items())}
    db.session.flush()
