"""The gate's windows in Redis, to look at and to move, so that no test has to wait for one."""

from __future__ import annotations

from dataclasses import dataclass

import redis

from tests.support.apps import Account


@dataclass(frozen=True)
class Windows:
    """The windows of the families of keys; a key that never rotated is its own family."""

    client: redis.Redis

    def use(self, account: Account, *, minute: int = 0, day: int = 0) -> None:
        """Open both windows now, with so many requests used."""
        now = self.now_ms()
        self._set(account, m=minute, me=now + 60_000, d=day, de=now + 86_400_000)

    def used(self, account: Account) -> tuple[int, int]:
        """Requests used in the minute and in the day."""
        minute, day = self._get(account, "m", "d")
        return minute, day

    def ends(self, account: Account) -> tuple[int, int]:
        """When the minute and the day end, in Unix milliseconds; 0 where they never opened."""
        minute, day = self._get(account, "me", "de")
        return minute, day

    def end_minute(self, account: Account, at_ms: int = 1) -> None:
        """Let the minute end at a time, as a rule in the past."""
        self._set(account, me=at_ms)

    def end_day(self, account: Account, at_ms: int = 1) -> None:
        """Let the day end at a time, as a rule in the past."""
        self._set(account, de=at_ms)

    def now_ms(self) -> int:
        """Redis' clock, by which windows are kept."""
        seconds, microseconds = self.client.time()
        return int(seconds) * 1000 + int(microseconds) // 1000

    def _set(self, account: Account, **values: int) -> None:
        self.client.hset(_name(account), mapping={name: str(at) for name, at in values.items()})

    def _get(self, account: Account, *names: str) -> list[int]:
        return [int(value or 0) for value in self.client.hmget(_name(account), names)]


def _name(account: Account) -> str:
    return f"anthyx:window:{account.key_id}"
