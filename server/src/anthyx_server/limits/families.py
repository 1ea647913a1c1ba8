"""Keys by their families, which share the windows: what each used, and what is left to it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from flask import current_app
from sqlalchemy.orm import load_only

from anthyx_server import clock
from anthyx_server.db import db
from anthyx_server.keys import ApiKey
from anthyx_server.limits import history
from anthyx_server.limits.windows import Window, windows
from anthyx_server.plans import Plan
from anthyx_server.redis_link import RedisLink, RedisUnavailableError, Script
from anthyx_server.tenancy import Caller, owned

# There may be thousands of keys, and most of their columns are of no use here.
_SHOWN = load_only(
    ApiKey.family_id,
    ApiKey.name,
    ApiKey.prefix,
    ApiKey.last4,
    ApiKey.expires_at,
    ApiKey.revoked_at,
    ApiKey.superseded_by,
)


class Family(NamedTuple):
    """A key and those it was rotated from; named, and told apart, by the newest of them."""

    id: str
    name: str
    hint: str
    key_ids: list[str]
    is_in_force: bool
    accepted: int
    limited: int


def list_families(caller: Caller, start: datetime, end: datetime) -> list[Family]:
    """The families that are in force or were used from `start` up to `end`, the busiest first."""
    used = history.count(caller, "key_id", start, end)
    moment = clock.now()
    found: dict[str, Family] = {}
    for key in db.session.scalars(owned(ApiKey, caller).options(_SHOWN).order_by(ApiKey.id)):
        accepted, limited = used.get(key.id, (0, 0))
        older = found.get(key.family_id)
        found[key.family_id] = Family(
            key.family_id,
            key.name,
            f"{key.prefix}…{key.last4}",
            [*(older.key_ids if older else ()), key.id],
            key.is_in_force(moment) or (older is not None and older.is_in_force),
            accepted + (older.accepted if older else 0),
            limited + (older.limited if older else 0),
        )
    shown = [each for each in found.values() if each.is_in_force or each.accepted or each.limited]
    return sorted(shown, key=lambda each: (-each.accepted - each.limited, each.name, each.id))


_READ = Script(
    """
local time = redis.call('TIME')
local found = {time[1] * 1000 + math.floor(time[2] / 1000)}
for at, name in ipairs(KEYS) do
  found[at + 1] = redis.call('HMGET', name, 'm', 'me', 'd', 'de')
end
return found
"""
)


def read_windows(plan: Plan, family_ids: Collection[str]) -> dict[str, tuple[Window, ...]] | None:
    """The windows of families as the gate keeps them, in one round trip; None without Redis."""
    link: RedisLink = current_app.extensions["anthyx_redis"]
    names = [f"anthyx:window:{family_id}" for family_id in family_ids]
    try:
        now_ms, *found = link.run(_READ, names)
    except RedisUnavailableError:
        return None
    most = -1 if plan.requests_per_day is None else plan.requests_per_day
    read = {}
    for family_id, values in zip(family_ids, found, strict=True):
        minute, minute_end, day, day_end = (int(value or 0) for value in values)
        read[family_id] = windows(
            _opened(plan.requests_per_minute, minute, minute_end, now_ms),
            _opened(most, day, day_end, now_ms),
        )
    return read


def _opened(limit: int, used: int, ends_at: int, now_ms: int) -> tuple[int, int, int]:
    """A window that has ended is one that no request has opened."""
    return (limit, used, ends_at) if ends_at > now_ms else (limit, 0, 0)
