"""Redis gone under four processes: together they let no more pass than the limit, and go on.

Each is a host of its own, so that a test can ask every one of them whether it has come back.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from anthyx_server import clock, db
from server.tests.limits.windows import Windows
from tests.limits.hammering import PROCESSES, hammer_all
from tests.support.apps import (
    call,
    make_account,
    make_settings,
    open_app,
    running_servers,
    wait_until,
)
from tests.support.redis import throwaway_redis

pytestmark = pytest.mark.enable_socket

HOSTS = 4
SHARE = 60 // HOSTS
EACH = 20


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[ExitStack]:
    """What a test starts; ended with it."""
    with ExitStack() as started:
        yield started


@pytest.mark.parametrize("how", ["killed", "hung"])
def test_processes_without_redis_stay_within_the_limit_and_come_back(
    parts: ExitStack, tmp_path: Path, how: str
) -> None:
    url = f"sqlite:///{tmp_path / 'anthyx.db'}"
    db.upgrade(url)
    redis = parts.enter_context(throwaway_redis())
    settings = make_settings(tmp_path, url, redis.url, hosts=HOSTS)
    app = parts.enter_context(open_app(settings))
    bases = parts.enter_context(running_servers(settings, count=HOSTS))
    account = make_account(app, "starter")
    windows = Windows(parts.enter_context(redis.client()))
    windows.use(account, minute=50, day=50)
    ends = windows.ends(account)

    def limits_told() -> set[int]:
        usages = [call(f"{base}/v1/usage", account.token)[1] for base in bases]
        return {usage["windows"][0]["limit"] for usage in usages}

    def hammer_every_host() -> dict[int, int]:
        ports = [base.rpartition(":")[2] for base in bases] * (PROCESSES // HOSTS)
        return hammer_all([[port, str(EACH), "127.0.0.1", account.token] for port in ports])

    assert limits_told() == {60}
    away = clock.monotonic()
    redis.kill() if how == "killed" else redis.pause()
    assert hammer_every_host() == {404: HOSTS * SHARE, 429: PROCESSES * EACH - HOSTS * SHARE}
    assert limits_told() == {SHARE}
    seconds = math.ceil(clock.monotonic() - away)
    redis.resume()
    redis.start()
    wait_until(lambda: limits_told() == {60}, 20)
    used, _ = windows.used(account)
    # A Redis that hung goes on with what it was sent: by all at first, then by a probe a second.
    sent = 0 if how == "killed" else PROCESSES + HOSTS * seconds
    assert 50 <= used <= min(50 + sent, 60)
    assert windows.ends(account) == ends
    assert hammer_every_host() == {404: 60 - used, 429: PROCESSES * EACH - (60 - used)}
