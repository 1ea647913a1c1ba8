"""Prefixed ids that sort by creation time, as ULIDs do (https://github.com/ulid/spec)."""

from __future__ import annotations

import secrets
import threading
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
# What follows the prefix and its underscore.
PATTERN = f"[{_ALPHABET}]{{26}}"

# Resources whose ids do not start with their name.
_PREFIXES = {"channel": "chan", "comment": "cmt", "event": "evt", "member": "usr"}


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
    number = _next_number()
    digits = []
    for _ in range(26):
        digits.append(_ALPHABET[number & 31])
        number >>= 5
    return f"{prefix}_{''.join(reversed(digits))}"
