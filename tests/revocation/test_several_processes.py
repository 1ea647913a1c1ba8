"""Several server processes that share one database and one Redis, with and without the guard."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest

from tests.revocation.hammering import Findings, Hammer
from tests.revocation.served import UNGUARDED, Served, serving
from tests.support.apps import call, make_account

pytestmark = pytest.mark.enable_socket
SECONDS = 25.0


def hammer(served: Served, is_enough: Callable[[Findings], bool]) -> Findings:
    return asyncio.run(Hammer(served, random.Random(7)).run(SECONDS, is_enough))  # noqa: S311


def test_nothing_is_written_or_answered_once_a_revocation_was(served: Served) -> None:
    found = hammer(served, lambda so_far: so_far.revoked >= 40)
    assert found.unexpected == []
    assert (found.late_writes, found.late_reads) == (0, 0)
    assert found.revoked >= 20
    assert min(found.writes, found.reads) >= found.revoked


def test_without_the_guard_that_very_run_finds_violations(served: Served) -> None:
    with serving(served.settings, UNGUARDED) as url:
        found = hammer(
            replace(served, url=url),
            lambda so_far: so_far.late_writes > 0 and so_far.late_reads > 0,
        )
    assert found.unexpected == []
    assert found.late_writes > 0
    assert found.late_reads > 0


def test_the_plans_cap_is_exact_among_processes(served: Served) -> None:
    account = make_account(served.account.app, "starter")
    start = Barrier(8)

    def create(_: int) -> int:
        start.wait()
        return call(f"{served.url}/v1/api-keys", account.token, "POST", {"name": "One more"})[0]

    with ThreadPoolExecutor(8) as pool:
        assert Counter(pool.map(create, range(8))) == {201: 4, 403: 4}
