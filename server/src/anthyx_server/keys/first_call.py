"""Waiting for a new key's first call: what the gate saw of it, before the worker stores it.

While somebody looks at the page of a new key, Redis holds an entry for it. The gate writes into
that entry, and only where there is one, the address that the allowlist refused.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

from flask import current_app

from anthyx_server import clock
from anthyx_server.db import after_commit
from anthyx_server.keys.models import ApiKey
from anthyx_server.redis_link import RedisLink, RedisUnavailableError

# Written by the gate: when and from where keys were used, until the worker has stored it.
LAST_USED = "anthyx:last_used"
WAIT_SECONDS = 900
# What the gate writes before the address that it refused.
_REFUSED = b"ip "


class FirstCall(NamedTuple):
    """What came: nothing yet, a call, a refusal by the allowlist, or nothing within the time."""

    state: Literal["waiting", "called", "refused", "over"]
    at: datetime | None = None
    address: str | None = None


def await_first_call(key: ApiKey) -> None:
    """Begin to wait once the open transaction has committed; without Redis nothing is noted."""
    name, link = _name(key.id), _link()

    def begin() -> None:
        try:
            link.call("SET", name, "", "EX", WAIT_SECONDS)
        except RedisUnavailableError:
            return

    after_commit(begin)


def look(key: ApiKey) -> FirstCall:
    """What came so far; where Redis is away, what the database knows."""
    if key.last_used_at is not None:
        return FirstCall("called", key.last_used_at, key.last_used_ip)
    try:
        used = _link().call("HGET", LAST_USED, key.id)
        noted = _link().call("GET", _name(key.id))
    except RedisUnavailableError:
        return FirstCall("waiting")
    if used is not None:
        return FirstCall("called", *use_of(used.decode()))
    if noted is None:
        return FirstCall("over")
    if noted.startswith(_REFUSED):
        return FirstCall("refused", address=noted.removeprefix(_REFUSED).decode() or None)
    return FirstCall("waiting")


def use_of(noted: str) -> tuple[datetime, str | None]:
    """When and from where a key was used, from what the gate noted."""
    seconds, microseconds, address = noted.split(" ", 2)
    milliseconds = int(seconds) * 1000 + int(microseconds) // 1000
    return clock.from_milliseconds(milliseconds), address or None


def _name(key_id: str) -> str:
    return f"anthyx:awaited:{key_id}"


def _link() -> RedisLink:
    link: RedisLink = current_app.extensions["anthyx_redis"]
    return link
