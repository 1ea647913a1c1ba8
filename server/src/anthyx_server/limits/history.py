"""Usage history: counters in Redis, copied to rows by the worker, read as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

import redis
import sqlalchemy as sa
from flask import current_app
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from anthyx_server import clock
from anthyx_server.buckets import LENGTHS
from anthyx_server.db import db, is_sqlite
from anthyx_server.keys import ApiKey
from anthyx_server.limits.models import UsageHour
from anthyx_server.redis_link import RedisLink, RedisUnavailableError, Script
from anthyx_server.tenancy import Caller, owned

KEPT_HOURS = 72  # as long as the gate's script lets Redis hold an hour that nobody stored
_ROWS_PER_STATEMENT = 200


@dataclass(frozen=True, slots=True)
class HourCount:
    """Requests of one key in one hour, by the counter named `source`."""

    key_id: str
    hour: datetime
    source: str
    accepted: int
    limited: int


def stored_hours(client: redis.Redis) -> list[int]:
    """The hours (since 1970) that Redis has counters of, by its own clock, newest first."""
    newest = int(client.time()[0]) // 3600
    numbers = range(newest, newest - KEPT_HOURS - 1, -1)
    with client.pipeline(transaction=False) as pipeline:
        for number in numbers:
            pipeline.exists(_name(number))
        found = pipeline.execute()
    return [number for number, exists in zip(numbers, found, strict=True) if exists]


def store(client: redis.Redis, key_ids: list[str]) -> None:
    """Copy the counters of these keys to rows, in the open transaction.

    The counts are absolute and rows only ever grow, so that a crash between any two steps, or
    two workers at once, changes nothing.
    """
    fields = _fields(key_ids)
    for number in stored_hours(client):
        values = client.hmget(_name(number), fields)
        counts = _parse(number, key_ids, cast("list[bytes | None]", values))
        for start in range(0, len(counts), _ROWS_PER_STATEMENT):
            _upsert(counts[start : start + _ROWS_PER_STATEMENT])


def forget(client: redis.Redis, moment: int) -> None:
    """Forget the hours that were over at a time (Unix seconds), all of which must be stored."""
    over = [_name(number) for number in stored_hours(client) if (number + 1) * 3600 <= moment]
    if over:
        client.delete(*over)


def _name(hour_number: int) -> str:
    return f"anthyx:usage:{hour_number}"


def _fields(key_ids: list[str]) -> list[str]:
    """What to ask of an hour's hash: its name, then accepted and limited per key."""
    return ["source", *(f"{kind}:{key_id}" for key_id in key_ids for kind in ("a", "l"))]


def _parse(number: int, key_ids: list[str], values: Sequence[bytes | None]) -> list[HourCount]:
    hour = clock.from_milliseconds(number * 3_600_000)
    source = (values[0] or b"").decode()
    counts = zip(key_ids, values[1::2], values[2::2], strict=True)
    return [
        HourCount(key_id, hour, source, int(accepted or 0), int(limited or 0))
        for key_id, accepted, limited in counts
        if accepted or limited
    ]


def _upsert(counts: list[HourCount]) -> None:
    wanted = {count.key_id for count in counts}
    owners = {
        row.id: row
        for row in db.session.execute(
            select(ApiKey.id, ApiKey.workspace_id, ApiKey.mode).where(ApiKey.id.in_(wanted))
        )
    }
    rows = [
        {
            "key_id": count.key_id,
            "workspace_id": owners[count.key_id].workspace_id,
            "mode": owners[count.key_id].mode,
            "hour": count.hour,
            "source": count.source,
            "accepted": count.accepted,
            "limited": count.limited,
        }
        for count in counts
        if count.key_id in owners
    ]
    if rows:
        db.session.execute(_upsert_statement(rows))


def _upsert_statement(rows: list[dict[str, Any]]) -> Any:
    on_sqlite = is_sqlite(db.session.connection())
    insert = sqlite.insert if on_sqlite else postgresql.insert
    larger = sa.func.max if on_sqlite else sa.func.greatest
    statement: Any = insert(UsageHour).values(rows)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["key_id", "hour", "source"],
        set_={
            "accepted": larger(UsageHour.accepted, new.accepted),
            "limited": larger(UsageHour.limited, new.limited),
        },
    )


def read(
    caller: Caller, key_id: str | None, granularity: str, start: datetime, end: datetime
) -> list[dict[str, Any]]:
    """Every bucket from `start` up to `end`, which must lie on bucket boundaries in UTC."""
    key_ids = None if key_id is None else [key_id]
    length = LENGTHS[granularity]
    buckets = {start + index * length: [0, 0] for index in range(int((end - start) / length))}
    for hour, counted in count(caller, "hour", start, end, key_ids).items():
        add(buckets[start + (hour - start) // length * length], counted)
    return [
        {"start": clock.rfc3339(begin), "accepted": bucket[0], "limited": bucket[1]}
        for begin, bucket in buckets.items()
    ]


def count(
    caller: Caller,
    by: Literal["hour", "key_id"],
    start: datetime,
    end: datetime,
    key_ids: Sequence[str] | None = None,
) -> dict[Any, list[int]]:
    """Requests accepted and limited from `start` up to `end`, whole hours, by hour or by key.

    `key_ids` None counts all keys of the caller's mode. What was never asked for is left out.
    """
    # Redis first: what is stored and forgotten meanwhile is then found in the rows.
    in_redis = _not_stored_yet(caller, key_ids, start, end)
    hours = {each.hour for each in in_redis}
    column = getattr(UsageHour, by)
    sums = (sa.func.sum(UsageHour.accepted), sa.func.sum(UsageHour.limited))
    query = owned(UsageHour, caller, column, *sums).where(
        UsageHour.hour >= start, UsageHour.hour < end, UsageHour.hour.not_in(hours)
    )
    rows = db.session.execute(_among(query, key_ids).group_by(column))
    found = {row[0]: [int(row[1]), int(row[2])] for row in rows}
    for (key_id, hour, _), counted in _latest(caller, in_redis, key_ids).items():
        add(found.setdefault(hour if by == "hour" else key_id, [0, 0]), counted)
    return found


def add(total: list[int], counted: Sequence[int]) -> None:
    """Add what was accepted and limited to what was before."""
    total[0] += counted[0]
    total[1] += counted[1]


def _among(query: sa.Select[Any], key_ids: Sequence[str] | None) -> sa.Select[Any]:
    return query if key_ids is None else query.where(UsageHour.key_id.in_(key_ids))


def _latest(
    caller: Caller, in_redis: list[HourCount], key_ids: Sequence[str] | None
) -> dict[tuple[str, datetime, str], tuple[int, int]]:
    """The counters of the hours that Redis still counts, by their rows where those say more."""
    hours = {each.hour for each in in_redis}
    if not hours:
        return {}
    query = owned(UsageHour, caller).where(UsageHour.hour.in_(hours))
    counts = {
        (row.key_id, row.hour, row.source): (row.accepted, row.limited)
        for row in db.session.scalars(_among(query, key_ids))
    }
    for each in in_redis:
        place = (each.key_id, each.hour, each.source)
        known = counts.get(place, (0, 0))
        counts[place] = (max(known[0], each.accepted), max(known[1], each.limited))
    return counts


_READ = Script(
    """
local found = {}
for index, name in ipairs(KEYS) do
  if redis.call('EXISTS', name) == 1 then
    local values = {}
    for at, field in ipairs(ARGV) do values[at] = redis.call('HGET', name, field) end
    found[#found + 1] = {index, values}
  end
end
return found
"""
)


def _not_stored_yet(
    caller: Caller, key_ids: Sequence[str] | None, start: datetime, end: datetime
) -> list[HourCount]:
    """The counters of the caller's keys that Redis still holds, in one round trip."""
    wanted = list(key_ids or ())
    if key_ids is None:
        wanted = list(db.session.scalars(owned(ApiKey, caller, ApiKey.id)))
    newest = _number(clock.now())
    oldest = max(_number(start), newest - KEPT_HOURS)
    numbers = list(range(oldest, min(_number(end), newest + 2)))
    link: RedisLink = current_app.extensions["anthyx_redis"]
    try:
        found = link.run(_READ, [_name(number) for number in numbers], *_fields(wanted))
    except RedisUnavailableError:
        return []
    return [
        count for index, values in found for count in _parse(numbers[index - 1], wanted, values)
    ]


def _number(hour: datetime) -> int:
    return clock.milliseconds(hour) // 3_600_000
