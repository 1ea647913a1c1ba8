"""What stands before every operation: the key, its scopes, and the two windows of its family."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from anthyx._json import parse_time

from ._answers import Refused
from ._clock import VirtualClock
from ._contract import Operation

_CHALLENGE = {"WWW-Authenticate": "Bearer"}
_SECONDS = {"minute": 60, "day": 86_400}


@dataclass
class Window:
    """A window that opens with its first request; `limit` None is no bound."""

    name: str
    limit: int | None
    used: int = 0
    ends_at: float = 0.0

    def left(self, now: float) -> int | None:
        """How many requests it has room for."""
        if self.limit is None:
            return None
        return self.limit if now >= self.ends_at else max(0, self.limit - self.used)

    def count(self, now: float) -> None:
        """Take one request."""
        if now >= self.ends_at:
            self.used, self.ends_at = 0, now + _SECONDS[self.name]
        self.used += 1

    def seconds_left(self, now: float) -> int:
        """Until it is empty again, rounded up."""
        return math.ceil(self.ends_at - now) if now < self.ends_at else _SECONDS[self.name]


@dataclass
class Gate:
    """Judges calls; `keys` are the records of keys by their secrets."""

    clock: VirtualClock
    limits: dict[str, int | None]
    keys: dict[str, dict[str, Any]] = field(default_factory=dict)
    _windows: dict[str, dict[str, Window]] = field(default_factory=dict)

    def identify(self, secret: str | None) -> dict[str, Any]:
        """The key of a call; 401 where there is none in force."""
        if not secret:
            raise Refused(401, "missing_api_key", headers=_CHALLENGE)
        key = self.keys.get(secret)
        if key is None:
            raise Refused(401, "invalid_api_key", headers=_CHALLENGE)
        self._expire(key)
        if key["status"] in {"revoked", "expired"}:
            raise Refused(401, f"api_key_{key['status']}", headers=_CHALLENGE)
        return key

    def admit(self, key: Mapping[str, Any], operation: Operation) -> None:
        """Count a call against both windows, or refuse it with 429; 403 without the scope."""
        if operation.is_counted:
            now = self.clock.time()
            windows = self.windows(key)
            for window in windows:
                if window.left(now) == 0:
                    raise self._exceeded(window, now)
            for window in windows:
                window.count(now)
        missing = set(operation.scopes) - set(key["scopes"])
        if missing:
            required = sorted(operation.scopes)
            raise Refused(403, "insufficient_scope", required_scopes=required)

    def windows(self, key: Mapping[str, Any]) -> list[Window]:
        """The windows of a key's family that have a limit."""
        own = self._windows.setdefault(key["family_id"], {})
        for name, limit in self.limits.items():
            own.setdefault(name, Window(name, limit)).limit = limit
        return [window for window in own.values() if window.limit is not None]

    def headers(self, key: Mapping[str, Any]) -> dict[str, str]:
        """The rate-limit headers of an answer."""
        now = self.clock.time()
        windows = self.windows(key)
        if not windows:
            return {}
        binding = min(windows, key=lambda each: (each.left(now) or 0, -each.seconds_left(now)))
        policies = (f'"{each.name}";q={each.limit};w={_SECONDS[each.name]}' for each in windows)
        states = (
            f'"{each.name}";r={each.left(now)};t={each.seconds_left(now)}' for each in windows
        )
        return {
            "X-RateLimit-Limit": str(binding.limit),
            "X-RateLimit-Remaining": str(binding.left(now)),
            "X-RateLimit-Reset": str(math.ceil(now) + binding.seconds_left(now)),
            "RateLimit-Policy": ", ".join(policies),
            "RateLimit": ", ".join(states),
        }

    def _expire(self, key: dict[str, Any]) -> None:
        """End a key whose time is over."""
        if key["expires_at"] is not None and key["status"] != "revoked":
            is_over = parse_time(key["expires_at"]) <= self.clock.now()
            key["status"] = "expired" if is_over else key["status"]

    def _exceeded(self, window: Window, now: float) -> Refused:
        wait = window.seconds_left(now)
        return Refused(
            429, "rate_limit_exceeded", headers={"Retry-After": str(wait)}, window=window.name,
            limit=window.limit, retry_after=wait,
        )  # fmt: skip
