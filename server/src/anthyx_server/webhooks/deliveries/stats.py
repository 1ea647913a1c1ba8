"""What an endpoint's attempts came to, by hour or day: sums of the past, and the last minute."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from anthyx_server import buckets, clock
from anthyx_server.db import db, reader
from anthyx_server.tenancy import Caller, owned
from anthyx_server.webhooks import finding
from anthyx_server.webhooks.deliveries import rollup
from anthyx_server.webhooks.deliveries.histogram import percentile
from anthyx_server.webhooks.deliveries.rollup import Sum
from anthyx_server.webhooks.models import WebhookAttempt, WebhookHour, WebhookMark


def read(caller: Caller, endpoint_id: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Every bucket from `from` to `to`.

    Raises:
        NotFound: there is no such endpoint that the caller may see.
        ValidationFailed: the range is empty or has too many buckets.
    """
    finding.find_on_record(caller, endpoint_id)
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


def totals(
    caller: Caller, endpoint_ids: Collection[str], since: datetime
) -> dict[str, tuple[int, int]]:
    """How many attempts at each of these endpoints of the caller succeeded and failed.

    From the hour on that holds `since`; without an entry where none was made.
    """
    start = buckets.floor(since, buckets.LENGTHS["hour"])
    hour, attempt = WebhookHour, WebhookAttempt
    is_success = rollup.is_success()
    stored = owned(
        hour, caller, hour.endpoint_id, sa.func.sum(hour.succeeded), sa.func.sum(hour.failed)
    )
    tail = owned(
        attempt, caller, attempt.endpoint_id, sa.func.sum(is_success), sa.func.sum(1 - is_success)
    )
    both = sa.union_all(
        stored.where(hour.endpoint_id.in_(endpoint_ids), hour.hour >= start).group_by(
            hour.endpoint_id
        ),
        tail.where(
            attempt.endpoint_id.in_(endpoint_ids),
            attempt.id > _summed_up_to(),
            attempt.started_at >= start,
        ).group_by(attempt.endpoint_id),
    )
    found: dict[str, tuple[int, int]] = {}
    for endpoint_id, succeeded, failed in db.session.execute(both):
        before = found.get(endpoint_id, (0, 0))
        found[endpoint_id] = before[0] + int(succeeded), before[1] + int(failed)
    return found


def _summed_up_to() -> Any:
    """The id of the last attempt that is in the sums."""
    mark = sa.select(WebhookMark.attempt_id).where(WebhookMark.name == rollup.MARK)
    return sa.func.coalesce(mark.scalar_subquery(), "")


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
            attempt.id > _summed_up_to(),
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
