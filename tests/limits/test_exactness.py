"""Eight processes against four: exactly as many requests pass as the plan says, not one more.

Each hammers a path that is not there: 404 is a request that passed the gate, and counts one.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from anthyx_server import db, workspaces
from anthyx_server.keys.secret import mint
from anthyx_server.limits import announce_plan
from server.tests.limits.windows import Windows
from tests.limits.conftest import Running
from tests.limits.hammering import PROCESSES, hammer, hammer_all
from tests.support.apps import Account, call, make_account

pytestmark = pytest.mark.enable_socket

PASSED, REFUSED, FOREIGN, UNKNOWN = 404, 429, 403, 401
LEFT = 40


def test_a_starter_key_gets_exactly_60_requests_in_its_minute(
    running: Running, windows: Windows
) -> None:
    account = make_account(running.app, "starter")
    answers = hammer(running.port, [account.token])
    assert answers == {PASSED: 60, REFUSED: 8 * 20 - 60}
    assert windows.used(account) == (60, 60)


@pytest.mark.parametrize(
    ("plan", "minute", "day"),
    [
        ("free", 60 - LEFT, 0),
        ("growth", 300 - LEFT, 0),
        ("agency", 1_000 - LEFT, 0),
        ("free", 0, 5_000 - LEFT),
        ("starter", 0, 5_000 - LEFT),
        ("growth", 0, 50_000 - LEFT),
    ],
)
def test_exactly_what_is_left_passes(
    running: Running, windows: Windows, plan: str, minute: int, day: int
) -> None:
    account = make_account(running.app, plan)
    windows.use(account, minute=minute, day=day)
    assert hammer(running.port, [account.token], count=10) == {PASSED: LEFT, REFUSED: 80 - LEFT}
    assert windows.used(account) == (minute + LEFT, day + LEFT)


def test_agency_s_day_ends_never(running: Running, windows: Windows) -> None:
    account = make_account(running.app, "agency")
    windows.use(account, minute=0, day=10_000_000)
    assert hammer(running.port, [account.token], count=10) == {PASSED: 80}


def test_both_keys_of_a_family_get_what_one_gets(running: Running, windows: Windows) -> None:
    account = make_account(running.app, "starter")
    rotated = account.post(f"/api-keys/{account.key_id}/rotate")
    assert rotated.status_code == 201
    successor = rotated.get_json()["secret"]
    answers = hammer(running.port, [account.token, successor])
    assert answers == {PASSED: 59, REFUSED: 8 * 20 - 59}  # the rotation was a request too
    assert windows.used(account) == (60, 60)


def test_foreign_addresses_and_unknown_keys_consume_nothing(
    running: Running, windows: Windows
) -> None:
    account = make_account(running.app, "starter").with_key(ip_allowlist=["127.0.0.1"])
    port = str(running.port)
    answers = hammer_all(
        [[port, "20", "127.0.0.1", account.token]] * (PROCESSES // 2)
        + [[port, "20", "127.0.0.2", account.token]] * (PROCESSES // 4)
        + [[port, "10", "127.0.0.3", mint("live")]] * (PROCESSES // 4)
    )
    assert answers == {PASSED: 60, REFUSED: 20, FOREIGN: 40, UNKNOWN: 20}
    assert windows.used(account) == (60, 60)


def test_a_plan_change_reaches_every_process_with_the_next_request(
    running: Running, windows: Windows
) -> None:
    account = make_account(running.app, "starter")
    url = f"http://127.0.0.1:{running.port}/v1/usage"

    def limits(_number: int) -> tuple[str, int, int]:
        usage = call(url, account.token)[1]
        minute = usage["windows"][0]
        return usage["plan"], minute["limit"], minute["used"]

    windows.use(account, minute=25, day=25)
    with ThreadPoolExecutor(4) as pool:
        for plan, limit in (("starter", 60), ("growth", 300), ("agency", 1_000), ("free", 60)):
            change_plan(account, plan)
            assert set(pool.map(limits, range(24))) == {(plan, limit, 25)}


def change_plan(account: Account, plan: str) -> None:
    """As the operator's program does."""
    with account.app.app_context(), db.transaction():
        announce_plan(workspaces.change_plan(account.workspace_id, plan))
