"""Prefixed ids that sort by creation time, as ULIDs do (https://github.com/ulid/spec)."""

from __future__ import annotations

import secrets
import threading
import time
from datetime import datetime

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = tuple(first + second for first in _ALPHABET for second in _ALPHABET)
# What follows the prefix and its underscore.
PATTERN = f"[{_ALPHABET}]{{26}}"

# Resources whose ids do not start with their name.
_PREFIXES = {
    "attempt": "att",
    "channel": "chan",
    "comment": "cmt",
    "delivery": "dlv",
    "endpoint": "we",
    "event": "evt",
    "member": "usr",
    "recovery": "rcv",
}


def prefix_of(name: str) -> str:
    """The prefix of the ids that a variable or field takes: `brand` for `brand_id`."""
    resource = name.removesuffix("_id")
    return _PREFIXES.get(resource, resource)


_RANDOM_BITS = 80
_lock = threading.Lock()
_last = [0]


def _next_number() -> int:
    """The next id's number; those that a process makes in one millisecond go up, too."""
    with _lock:
        moment = time.time_ns() // 1_000_000
        number = moment << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
        if moment == _last[0] >> _RANDOM_BITS:
            number = max(number, _last[0] + 1)
        _last[0] = number
        return number


def new_id(prefix: str) -> str:
    """`<prefix>_` and 26 characters: 48 bits of Unix milliseconds, then 80 random bits."""
    return _encode(prefix, _next_number())


def id_of(prefix: str, moment: datetime, randomness: int) -> str:
    """The id of something that was made at another time, or that must come out the same again.

    `randomness` are its last 80 bits.
    """
    milliseconds = int(moment.timestamp()) * 1000 + moment.microsecond // 1000
    return _encode(prefix, milliseconds << _RANDOM_BITS | randomness)


def start_of_id(prefix: str, microseconds: int) -> str:
    """The first 12 characters of an id, after the prefix: Unix microseconds.

    Whoever appends 14 that differ makes ids that sort by these times, among `new_id`'s too.
    """
    milliseconds, rest = divmod(microseconds, 1000)
    return _encode(prefix, (milliseconds << 10 | rest) << _RANDOM_BITS - 10)[:-14]


def _encode(prefix: str, number: int) -> str:
    pairs = []
    for _ in range(13):
        pairs.append(_PAIRS[number & 1023])
        number >>= 10
    return f"{prefix}_{''.join(reversed(pairs))}"
