"""A short run under faults; `nox -s faults` makes a long one."""

from __future__ import annotations

import pytest

from tests.faults.chaos import Plan
from tests.faults.run import run

pytestmark = [pytest.mark.enable_socket, pytest.mark.timeout(240)]

SHORT = Plan(
    events=600,
    seed=4,
    worker_kills=3,
    web_kills=1,
    publisher_kills=1,
    flushes=1,
    database_restarts=1,
    redis_outages=1,
    redis_outage_seconds=2.0,
)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_no_event_is_lost_or_sent_again_without_cause(database: str) -> None:
    told: list[str] = []
    report = run(database, SHORT, 100, told.append)
    assert report.broken == {}, [*told, *report.lines()]
    assert report.events >= SHORT.events
    assert report.dead == 0
    assert report.interrupted > 0, "workers were killed at work"
