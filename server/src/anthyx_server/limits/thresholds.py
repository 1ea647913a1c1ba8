"""`usage.threshold_reached`: the worker tells of days that are 80 % and 100 % used.

Nothing of it is on the way of a request: the worker knows which keys were used, and looks at
their families' windows.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

import redis
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from anthyx_server import clock, events
from anthyx_server.db import db, is_sqlite
from anthyx_server.keys import ApiKey
from anthyx_server.limits.models import UsageNotice
from anthyx_server.plans import PLANS
from anthyx_server.tenancy import system_caller
from anthyx_server.workspaces import Workspace

PERCENTAGES = (80, 100)


class _Day(NamedTuple):
    """The day window of a family, its limit under the plan of now, and the key used last."""

    family_id: str
    key_id: str
    workspace_id: str
    mode: str
    limit: int
    used: int
    ends_at: datetime

    def reached(self) -> list[int]:
        """The thresholds at or below what was used, in percent, ascending."""
        return [each for each in PERCENTAGES if self.used * 100 >= self.limit * each]


def announce(client: redis.Redis, noted: dict[str, str]) -> None:
    """Publish what the days of these keys' families have reached, in the open transaction.

    Each threshold is told once per window: the transaction that tells it also marks it as told.
    `noted` says when and from where each key was used last.
    """
    latest = sorted(noted, key=lambda key_id: [int(part) for part in noted[key_id].split(" ")[:2]])
    days = {day.family_id: day for day in _days(client, latest) if day.reached()}
    for family_id, percentage in sorted(_mark(days.values())):
        _publish(days[family_id], percentage)


def _days(client: redis.Redis, key_ids: list[str]) -> list[_Day]:
    """The open days of the families of these keys, where their plan limits the day.

    Of several keys of a family, the one that comes last stands for it.
    """
    query = (
        sa.select(ApiKey.id, ApiKey.family_id, ApiKey.workspace_id, ApiKey.mode, Workspace.plan)
        .join(Workspace, Workspace.id == ApiKey.workspace_id)
        .where(ApiKey.id.in_(key_ids))
    )
    rows = {row.id: row for row in db.session.execute(query)}
    families = {rows[each].family_id: rows[each] for each in key_ids if each in rows}
    limits = {each: PLANS[row.plan].requests_per_day for each, row in families.items()}
    limited = [(each, limit) for each, limit in limits.items() if limit is not None]
    with client.pipeline(transaction=False) as pipeline:
        pipeline.time()
        for family_id, _ in limited:
            pipeline.hmget(f"anthyx:window:{family_id}", "d", "de")
        (seconds, _), *windows = pipeline.execute()
    return [
        _day(families[family_id], limit, int(used), int(ends_at))
        for (family_id, limit), (used, ends_at) in zip(limited, windows, strict=True)
        if used is not None and int(ends_at) > int(seconds) * 1000
    ]


def _day(row: Any, limit: int, used: int, ends_at: int) -> _Day:
    moment = clock.from_milliseconds(ends_at)
    return _Day(row.family_id, row.id, row.workspace_id, row.mode, limit, used, moment)


def _mark(days: Iterable[_Day]) -> list[tuple[str, int]]:
    """Mark what was reached as told; the families and thresholds that were not yet."""
    rows = [
        {
            "family_id": day.family_id,
            "window_ends_at": day.ends_at,
            "threshold_percent": each,
            "workspace_id": day.workspace_id,
            "mode": day.mode,
        }
        for day in sorted(days)
        for each in day.reached()
    ]
    if not rows:
        return []
    insert = sqlite.insert if is_sqlite(db.session.connection()) else postgresql.insert
    marked = insert(UsageNotice).values(rows).on_conflict_do_nothing()
    found = db.session.execute(
        marked.returning(UsageNotice.family_id, UsageNotice.threshold_percent)
    )
    return [(row.family_id, row.threshold_percent) for row in found]


def _publish(day: _Day, percentage: int) -> None:
    shown = {
        "type": "usage",
        "key_id": day.key_id,
        "family_id": day.family_id,
        "window": "day",
        "threshold_percent": percentage,
        "limit": day.limit,
        "used": day.used,
        "resets_at": clock.rfc3339(day.ends_at),
    }
    caller = system_caller(day.workspace_id, day.mode)
    events.publish(caller, "usage.threshold_reached", ("api_key", day.key_id), shown)
