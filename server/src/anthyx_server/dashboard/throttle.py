"""How often somebody may try a password: per address and per account.

Attempts are counted before they are looked at, so that many at once are no way around it.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections import OrderedDict
from typing import NamedTuple

from flask import current_app, g

from anthyx_server import clock
from anthyx_server.addresses import source
from anthyx_server.redis_link import RedisLink, RedisUnavailableError

_SECONDS = 900
_MOST_LOCAL = 50_000


class Rule(NamedTuple):
    """How many attempts one account and one address have in a quarter of an hour."""

    name: str
    per_account: int
    per_source: int


SIGN_IN = Rule("sign-in", 10, 50)
CONFIRM = Rule("confirm", 10, 50)
RESET = Rule("reset", 3, 20)


def may_try(rule: Rule, account: str) -> bool:
    """Count an attempt; False where there were too many of late, and it must not be looked at."""
    limits = (rule.per_account, rule.per_source)
    counts = [_add(key, 1) for key in _keys(rule, account)]
    return all(count <= most for count, most in zip(counts, limits, strict=True))


def forgive(rule: Rule, account: str) -> None:
    """Don't count the attempt that has just succeeded."""
    for key in _keys(rule, account):
        _add(key, -1)


def _add(key: str, number: int) -> int:
    link: RedisLink = current_app.extensions["anthyx_redis"]
    try:
        count = int(link.call("INCRBY", key, number))
        link.call("EXPIRE", key, 2 * _SECONDS)
    except RedisUnavailableError:
        local: LocalTries = current_app.extensions["anthyx_tries"]
        return local.add(key, number)
    return count


def _keys(rule: Rule, account: str) -> tuple[str, str]:
    """One per quarter of an hour, so that a key that is never told to expire locks nobody out.

    No address of a person is kept: only what the server's key makes of it.
    """
    secret: bytes = current_app.extensions["anthyx_secret_key"]
    given = f"{rule.name}\0{account}".encode(errors="replace")
    whose = hmac.new(secret, given, hashlib.sha256).hexdigest()
    window = int(clock.unix_seconds()) // _SECONDS
    origin = source(g.origin.address or g.origin.peer)
    prefix = f"anthyx:tries:{window}:{rule.name}"
    return f"{prefix}:account:{whose}", f"{prefix}:source:{origin}"


class LocalTries:
    """The counts of this process alone, for as long as Redis is away."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: OrderedDict[str, int] = OrderedDict()

    def add(self, key: str, number: int) -> int:
        """Add to a count; the oldest ones are forgotten where there are too many."""
        with self._lock:
            count = self._counts[key] = self._counts.pop(key, 0) + number
            if len(self._counts) > _MOST_LOCAL:
                self._counts.popitem(last=False)
            return count
