"""The help page on rate limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import time

import pytest

from anthyx import (
    RateLimitError,
    Retry,
)
from anthyx._clock import Clock
from server.tests.limits.windows import Windows
from tests.help_page.page import shows
from tests.help_page.running import Running, bearer
from tests.support.apps import (
    Account,
    make_account,
)

pytestmark = pytest.mark.enable_socket


@shows(
    "Rate limits — enforced per API key:",
)
def test_limits_are_per_key(account: Account, windows: Windows, running: Running) -> None:
    other = account.with_key()
    windows.use(account, minute=60, day=60)
    assert running.get(**bearer(account.token)).status == 429
    assert running.get(**bearer(other.token)).status == 200


@shows(
    "Free / Starter — 60 requests per minute, 5,000 per day",
)
def test_free_and_starter(running: Running, windows: Windows) -> None:
    for plan in ("free", "starter"):
        account = make_account(running.app, plan)
        statuses = [running.get(**bearer(account.token)).status for _ in range(62)]
        assert statuses == [200] * 60 + [429] * 2
        day_holds(running, windows, account, 5_000)


@shows(
    "Growth — 300 requests per minute, 50,000 per day",
)
def test_growth(running: Running, windows: Windows) -> None:
    account = make_account(running.app, "growth")
    minute_holds(running, windows, account, 300)
    day_holds(running, windows, account, 50_000)


@shows(
    "Agency — 1,000 requests per minute, unlimited per day",
)
def test_agency(running: Running, windows: Windows) -> None:
    account = make_account(running.app, "agency")
    minute_holds(running, windows, account, 1_000)
    windows.use(account, minute=0, day=100_000_000)
    assert running.get(**bearer(account.token)).status == 200


def minute_holds(running: Running, windows: Windows, account: Account, limit: int) -> None:
    windows.use(account, minute=limit - 2, day=limit)
    statuses = [running.get(**bearer(account.token)).status for _ in range(3)]
    assert statuses == [200, 200, 429]


def day_holds(running: Running, windows: Windows, account: Account, limit: int) -> None:
    windows.use(account, minute=0, day=limit - 2)
    statuses = [running.get(**bearer(account.token)).status for _ in range(3)]
    assert statuses == [200, 200, 429]


@shows(
    "Rate limit status is returned in response headers: X-RateLimit-Limit, "
    "X-RateLimit-Remaining, and X-RateLimit-Reset (Unix timestamp).",
)
def test_headers(running: Running, account: Account) -> None:
    for remaining in (59, 58, 57):
        answer = running.get(**bearer(account.token))
        assert answer.getheader("X-RateLimit-Limit") == "60"
        assert answer.getheader("X-RateLimit-Remaining") == str(remaining)
        assert 0 < int(answer.getheader("X-RateLimit-Reset") or "") - time() <= 61


@shows(
    "Exceeding the limit returns 429 Too Many Requests.",
)
def test_429(running: Running, account: Account, windows: Windows) -> None:
    windows.use(account, minute=60, day=60)
    answer = running.get(**bearer(account.token))
    assert (answer.status, answer.reason.title()) == (429, "Too Many Requests")
    once = running.client(account.token).with_options(retry=Retry.NONE)
    with once as client, pytest.raises(RateLimitError) as raised:
        client.brands.list().page()
    assert raised.value.scope == "minute"


@dataclass
class Sleeper:
    """Notes how long the SDK would sleep, and does something instead."""

    instead: Callable[[], None]
    seconds: list[float] = field(default_factory=list)

    def __call__(self, seconds: float) -> None:
        """Sleep no longer than this."""
        self.seconds.append(seconds)
        self.instead()


@shows(
    "Implement exponential backoff and respect the Retry-After header.",
)
def test_backoff(running: Running, account: Account, windows: Windows) -> None:

    def full(seconds: float) -> None:
        windows.use(account, minute=60, day=60)
        windows.end_minute(account, windows.now_ms() + int(seconds * 1000))

    sleeper = Sleeper(lambda: windows.end_minute(account))
    with running.client(account.token, Clock(sleep=sleeper)) as client:
        full(seconds=17.5)
        assert client.brands.list().page().data == ()
        assert sleeper.seconds == [pytest.approx(18)]
    # Retry-After is always 1 here; the longest waits that chance allows double.
    sleeper = Sleeper(lambda: full(seconds=0.9))
    with running.client(account.token, Clock(sleep=sleeper, random=lambda: 1.0)) as client:
        full(seconds=0.9)
        with pytest.raises(RateLimitError):
            client.brands.list().page()
        assert sleeper.seconds == [1, 1, 2, 4]
