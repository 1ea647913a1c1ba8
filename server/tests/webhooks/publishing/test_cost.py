"""What publishing costs: SQL statements and round trips to Redis, counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from anthyx_server.webhooks import waking
from server.tests.events.happenings import happen
from server.tests.limits.counting import counting_proxy
from server.tests.webhooks.publishing.subscribers import deliveries, subscribe
from tests.support.apps import Account, make_account, make_settings, open_app
from tests.support.costs import executed
from tests.support.redis import RedisServer


def statements(account: Account, *types: str) -> list[str]:
    """The first words of what is sent to the database, less BEGIN."""
    with executed(account.app) as found:
        happen(account, *types)
    return [text.split()[0] for text, _ in found if not text.startswith("BEGIN")]


def test_statements_do_not_depend_on_the_number_of_endpoints(
    account: Account, database_url: str
) -> None:
    # The feed; then the event with its deliveries, which SQLite has no one statement for.
    is_sqlite = database_url.startswith("sqlite")
    expected = ["INSERT"] * 3 if is_sqlite else ["INSERT", "WITH"]
    assert statements(account, "post.created") == expected
    for _ in range(20):
        subscribe(account, "post.*")
    assert statements(account, "post.created") == expected
    assert len(deliveries(account)) == 20
    assert len(statements(account, *["post.created"] * 3)) == 1 + 3 * len(expected[1:])


def test_a_burst_of_commits_costs_one_wake(
    sqlite_url: str, redis_server: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waking, "QUIET_SECONDS", 3600.0)
    with (
        counting_proxy(tmp_path, redis_server.socket) as (url, count),
        open_app(make_settings(tmp_path, sqlite_url, url)) as app,
    ):
        account = make_account(app)
        subscribe(account, "post.*")
        happen(account, "channel.connected")
        assert count.round_trips == 0, "nobody has anything to do"
        happen(account, *["post.created"] * 5)
        assert count.commands.count("SET") == 1
        assert count.round_trips <= 4
        count.reset()
        for _ in range(10):
            happen(account, "post.created")
        assert count.round_trips == 0
