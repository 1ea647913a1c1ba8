"""Telling the gate of a change of plan, so that it applies to the next request."""

from __future__ import annotations

import time

from flask import current_app

from anthyx_server import db
from anthyx_server.keys import LIFE_SECONDS
from anthyx_server.plans import PLANS
from anthyx_server.redis_link import RedisLink, RedisUnavailableError, Script
from anthyx_server.workspaces import Workspace

# Longer than any reader may hold the plan before this one.
_KEPT_MS = 60_000

_ANNOUNCE = Script(
    """
local known = redis.call('HGET', KEYS[1], 'v')
if known and tonumber(known) >= tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'v', ARGV[1], 'm', ARGV[2], 'd', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
"""
)


def announce_plan(workspace: Workspace) -> None:
    """Once the open transaction has committed, put the plan's limits into force.

    Where Redis can't be told, waits until what it knows of the old plan has expired.
    """
    plan = PLANS[workspace.plan]
    name = f"anthyx:plan:{workspace.id}"
    day = -1 if plan.requests_per_day is None else plan.requests_per_day
    arguments = (workspace.plan_version, plan.requests_per_minute, day, _KEPT_MS)

    def tell() -> None:
        link: RedisLink = current_app.extensions["anthyx_redis"]
        try:
            link.run(_ANNOUNCE, [name], *arguments)
        except RedisUnavailableError:
            time.sleep(LIFE_SECONDS)

    db.after_commit(tell)
