"""Pollers beside 8 processes that write: every committed event once, in one order, and no other."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from anthyx_server.config import Settings
from server.tests.events import many_writers
from server.tests.events.happenings import page, poll_all
from tests.support.apps import Account, environment

PROCESSES, TRANSACTIONS, POLLERS = 8, 15, 2
SECONDS = 50


@contextmanager
def writers(settings: Settings, account: Account) -> Iterator[subprocess.Popen[str]]:
    """The writers, running."""
    sizes = (str(PROCESSES), str(TRANSACTIONS))
    command = [sys.executable, many_writers.__file__, account.workspace_id, *sizes]
    with subprocess.Popen(
        command, env=environment(settings), stdout=subprocess.PIPE, text=True
    ) as process:
        yield process


def follow(account: Account, process: subprocess.Popen[str], limit: int) -> list[str]:
    """Poll until the writers are done and nothing is left; all ids as they were seen."""
    seen: list[str] = []
    while True:
        # Asked first: what was written before it ended is seen by the poll after it.
        is_over = process.poll() is not None
        after = seen[-1] if seen else "oldest"
        shown = page(account, f"after={after}&types=post.*&limit={limit}&wait=1")
        seen += [each["id"] for each in shown["data"]]
        if is_over and not shown["data"]:
            return seen


def run(settings: Settings, account: Account) -> tuple[list[list[str]], list[str]]:
    """What each poller saw, and the lines that the writers printed."""
    with ThreadPoolExecutor(POLLERS + 1) as pool, writers(settings, account) as process:
        assert process.stdout is not None
        printed = pool.submit(process.stdout.read)
        polling = [pool.submit(follow, account, process, limit) for limit in (4, 100)]
        seen = [each.result(SECONDS) for each in polling]
        return seen, printed.result(SECONDS).splitlines()


def test_nothing_is_missed_and_nothing_is_seen_twice(
    settings: Settings, unlimited: Account
) -> None:
    seen, transactions = run(settings, unlimited)
    committed = [event_id for line in transactions for event_id in line.split()]
    assert PROCESSES * TRANSACTIONS / 2 < len(transactions) < PROCESSES * TRANSACTIONS
    for ids in seen:
        assert len(ids) == len(set(ids))
        assert set(ids) == set(committed)
    # All saw them in one order, and the events of a transaction side by side, as published.
    assert seen[1:] == seen[:-1]
    place = {event_id: number for number, event_id in enumerate(seen[0])}
    for line in transactions:
        first, *others = (place[event_id] for event_id in line.split())
        assert others == [first + index for index in range(1, len(others) + 1)]
    assert poll_all(unlimited, "oldest", "&types=post.*&limit=100") == seen[0]
