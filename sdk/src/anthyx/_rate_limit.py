"""What the rate-limit headers of an answer say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone


@dataclass(frozen=True, slots=True)
class RateLimitWindow:
    """One window, "minute" or "day": requests allowed and left, its length and end (seconds)."""

    name: str
    limit: int
    remaining: int
    length: int
    resets_in: int
    resets_at: datetime


@dataclass(frozen=True, slots=True)
class RateLimit:
    """The limits of a key as an answer reported them; None and empty where it didn't.

    `limit`, `remaining` and `resets_at` describe the window closest to exhaustion, `windows` each.
    """

    limit: int | None = None
    remaining: int | None = None
    resets_at: datetime | None = None
    windows: tuple[RateLimitWindow, ...] = ()

    def window(self, name: str) -> RateLimitWindow | None:
        """The window of that name, "minute" or "day"; None if the key has none."""
        return next((window for window in self.windows if window.name == name), None)


# More digits are no count and no time, and cost much to convert.
_NUMBER = re.compile(r"[0-9]{1,15}")
NO_RATE_LIMIT = RateLimit()


def parse_rate_limit(headers: Mapping[str, str], received_at: float) -> RateLimit:
    """The limits in an answer's headers.

    Args:
        headers: by name; look-ups must ignore case.
        received_at: Unix seconds at which the answer came.
    """
    if "x-ratelimit-limit" not in headers and "ratelimit" not in headers:
        return NO_RATE_LIMIT
    reset = _whole(headers.get("x-ratelimit-reset"))
    return RateLimit(
        _whole(headers.get("x-ratelimit-limit")),
        _whole(headers.get("x-ratelimit-remaining")),
        None if reset is None else _moment(reset),
        tuple(_windows(headers, received_at)),
    )


def _windows(headers: Mapping[str, str], received_at: float) -> Iterator[RateLimitWindow]:
    policies = dict(_items(headers.get("ratelimit-policy", "")))
    for name, state in _items(headers.get("ratelimit", "")):
        policy = policies.get(name, {})
        if {"q", "w"} <= policy.keys() and {"r", "t"} <= state.keys():
            resets_at = _moment(received_at + state["t"])
            if resets_at is not None:
                yield RateLimitWindow(
                    name, policy["q"], state["r"], policy["w"], state["t"], resets_at
                )


def _items(header: str) -> Iterator[tuple[str, dict[str, int]]]:
    """The members of a list such as `"minute";r=59;t=60, "day";r=4999;t=86400` (RFC 9651)."""
    for member in header.split(","):
        name, *parameters = member.split(";")
        pairs = (parameter.strip().partition("=") for parameter in parameters)
        numbers = {key: _whole(value) for key, _, value in pairs}
        yield name.strip().strip('"'), {k: n for k, n in numbers.items() if n is not None}


def _whole(text: str | None) -> int | None:
    return int(text) if text is not None and _NUMBER.fullmatch(text) else None


def _moment(unix_seconds: float) -> datetime | None:
    try:
        return datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=unix_seconds)
    except OverflowError:
        return None
