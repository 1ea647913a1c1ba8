"""Redis gone under four processes: together they let no more pass than the limit, and go on."""

from __future__ import annotations

import pytest

from server.tests.limits.windows import Windows
from tests.limits.conftest import WORKERS, Running
from tests.limits.hammering import hammer
from tests.support.apps import Account, call, make_account, wait_until

pytestmark = pytest.mark.enable_socket

SHARE = 60 // WORKERS


def limit_told(running: Running, account: Account) -> int:
    """The limit of the minute: of the plan, or the share of the process that answers."""
    _, body = call(f"http://127.0.0.1:{running.port}/v1/usage", account.token)
    limit: int = body["windows"][0]["limit"]
    return limit


@pytest.mark.parametrize("how", ["killed", "hung"])
def test_processes_without_redis_stay_within_the_limit_and_come_back(
    running: Running, windows: Windows, how: str
) -> None:
    account = make_account(running.app, "starter")
    windows.use(account, minute=50, day=50)
    ends = windows.ends(account)
    redis = running.redis
    redis.kill() if how == "killed" else redis.pause()
    answers = hammer(running.port, [account.token])
    assert set(answers) == {404, 429}
    assert SHARE <= answers[404] <= 60
    redis.resume()
    redis.start()
    for _ in range(3 * WORKERS):
        wait_until(lambda: limit_told(running, account) == 60, 20)
    assert windows.used(account) == (50, 50)
    assert windows.ends(account) == ends
    assert hammer(running.port, [account.token], count=4) == {404: 10, 429: 22}
