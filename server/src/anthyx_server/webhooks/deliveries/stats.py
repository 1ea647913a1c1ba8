"""What an endpoint's attempts came to, by hour or day: sums of the past, and the last minute."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from anthyx_server import buckets, clock
from anthyx_server.db import reader
from anthyx_server.tenancy import Caller, owned
from anthyx_server.webhooks.deliveries import endpoint, rollup
from anthyx_server.webhooks.deliveries.histogram import percentile
from anthyx_server.webhooks.deliveries.rollup import Sum
from anthyx_server.webhooks.models import WebhookAttempt, WebhookHour, WebhookMark


def read(caller: Caller, endpoint_id: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Every bucket from `from` to `to`.

    Raises:
        NotFound: there is no such endpoint that the caller may see.
        ValidationFailed: the range is empty or has too many buckets.
    """
    endpoint.find(caller, endpoint_id)
    granularity = arguments["granularity"]
    start, end = buckets.span(granularity, arguments["from_"], arguments["to"])
    length = buckets.LENGTHS[granularity]
    sums = {start + number * length: Sum() for number in range(int((end - start) / length))}
    for row in reader().rows(_query(caller, endpoint_id, start, end)):
        _add(sums[buckets.floor(row[0], length)], row)
    return {
        "granularity": granularity,
        "start": clock.rfc3339(start),
        "end": clock.rfc3339(end),
        "data": [_present(begin, found) for begin, found in sums.items()],
    }


def _query(caller: Caller, endpoint_id: str, start: datetime, end: datetime) -> Any:
    """The sums of hours, and the attempts after the last that was summed.

    Both in one statement: between two, some could be summed, and come twice.
    """
    stored = owned(
        WebhookHour,
        caller,
        WebhookHour.hour,
        WebhookHour.succeeded,
        WebhookHour.failed,
        sa.cast(WebhookHour.durations, sa.Text),
        sa.cast(sa.null(), sa.Integer),
    ).where(
        WebhookHour.endpoint_id == endpoint_id, WebhookHour.hour >= start, WebhookHour.hour < end
    )
    mark = sa.select(WebhookMark.attempt_id).where(WebhookMark.name == rollup.MARK)
    hour = rollup.hour_of(reader().engine)
    is_success = rollup.is_success()
    attempt: Any = WebhookAttempt
    tail = (
        owned(
            WebhookAttempt,
            caller,
            hour,
            sa.func.sum(is_success),
            sa.func.sum(1 - is_success),
            sa.null(),
            attempt.duration_ms,
        )
        .where(
            attempt.endpoint_id == endpoint_id,
            attempt.id > sa.func.coalesce(mark.scalar_subquery(), ""),
            attempt.started_at >= start,
            attempt.started_at < end,
        )
        .group_by(hour, attempt.duration_ms)
    )
    return sa.union_all(stored, tail)


def _add(found: Sum, row: sa.Row[Any]) -> None:
    succeeded, failed, durations, duration_ms = tuple(row)[1:]
    if durations is not None:
        found.add_stored(succeeded, failed, orjson.loads(durations))
        return
    found.add(int(succeeded), duration_ms, is_success=True)
    found.add(int(failed), duration_ms, is_success=False)


def _present(start: datetime, found: Sum) -> dict[str, Any]:
    return {
        "start": clock.rfc3339(start),
        "succeeded": found.succeeded,
        "failed": found.failed,
        "p50_ms": percentile(found.durations, 0.5),
        "p95_ms": percentile(found.durations, 0.95),
    }
