"""Limits while Redis is away: windows in this process, each a share of the plan's limit."""

from __future__ import annotations

import threading
from collections import OrderedDict

from anthyx_server.limits.windows import DAY_MS, MINUTE_MS, Admission, windows

_MAX_FAMILIES = 100_000


class FallbackWindows:
    """In-process windows of `limit / shares`, at least 1; all processes together stay in it."""

    def __init__(self, shares: int) -> None:
        self._shares = shares
        self._lock = threading.Lock()
        self._used: OrderedDict[str, tuple[int, int, int, int]] = OrderedDict()

    def admit(
        self, family_id: str, minute_limit: int, day_limit: int | None, cost: int, now_ms: int
    ) -> Admission:
        """Judge one request and consume both windows or neither."""
        per_minute = max(1, minute_limit // self._shares)
        per_day = -1 if day_limit is None else max(1, day_limit // self._shares)
        refused_by = None
        with self._lock:
            minute, minute_end, day, day_end = self._used.pop(family_id, (0, 0, 0, 0))
            if minute_end <= now_ms:
                minute, minute_end = 0, 0
            if day_end <= now_ms:
                day, day_end = 0, 0
            if 0 <= per_day < day + cost:
                refused_by = "day"
            elif minute + cost > per_minute:
                refused_by = "minute"
            elif cost:
                minute, day = minute + cost, day + cost
                minute_end, day_end = minute_end or now_ms + MINUTE_MS, day_end or now_ms + DAY_MS
            self._used[family_id] = (minute, minute_end, day, day_end)
            if len(self._used) > _MAX_FAMILIES:
                self._used.popitem(last=False)
        seen = windows((per_minute, minute, minute_end), (per_day, day, day_end))
        return Admission(now_ms, seen, refused_by if cost else None)
