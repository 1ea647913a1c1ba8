"""What pages cost: as many statements and as much work among many deliveries as among few."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from anthyx_server import clock, db
from anthyx_server.db import is_sqlite, reader
from anthyx_server.webhooks.deliveries import log, rollup
from anthyx_server.webhooks.models import WebhookAttempt
from tests.support.apps import Account, make_account, make_settings, open_app
from tests.support.costs import cost, executed
from tests.support.deliveries import subscribe
from tests.support.redis import throwaway_redis
from tests.support.webhooks import add_deliveries

from .conftest import Person, owner_of

# Of the rarest, there is more than a page among few, too.
FEW, MANY = 3_000, 12_000
TABLES = ("webhook_deliveries", "webhook_attempts")
# Rows of PostgreSQL, steps of SQLite; a search by type looks at each of what it looks through.
MOST_ROWS, MOST_STEPS = 800, 12_000
LOOKED_THROUGH = 100
PAGES = {
    "the list": "",
    "an endpoint": "/{we}",
    "by outcome": "/{we}?status=dead",
    "by a frequent type": "/{we}?event_type=post.published",
    "by a rare type": "/{we}?event_type=post.failed",
    "by a type that never came": "/{we}?event_type=api_key.leaked",
    "by both": "/{we}?event_type=post.failed&status=dead",
    "long before": "/{we}?before={early}",
    "by a type long before": "/{we}?event_type=post.failed&before={early}",
    "over 30 days": "/{we}?period=month",
    "a delivery": "/{we}/deliveries/{dlv}",
    "its form": "/{we}/edit",
    "its secret": "/{we}/secret",
    "enabling": "/{we}/enable",
    "resending, asked": "/{we}/resend-failed",
    "resending, counted": "/{we}/resend-failed?since=time&at={late}",
}


@dataclass
class Filled:
    """A workspace with so many deliveries, and what its owner sees."""

    account: Account
    owner: Person
    names: dict[str, str]
    asked: list[tuple[str, Any]] = field(default_factory=list)


def fill(account: Account, count: int, moment: datetime) -> Filled:
    """One delivery every two seconds, two minutes ago the last; one in a hundred is rare."""
    endpoint_id = subscribe(account, "https://example.com/hook")
    rows: list[dict[str, Any]] = [
        {
            "created_at": moment - timedelta(seconds=120 + 2 * number),
            "status": "dead" if number % 100 == 3 else "succeeded",
            "event_type": "post.failed" if number % 100 == 3 else "post.published",
            "round_attempts": 1,
        }
        for number in range(count)
    ]
    ids = add_deliveries(account, endpoint_id, rows)
    attempts = [
        {
            "id": "att" + delivery_id[3:],
            "delivery_id": delivery_id,
            "endpoint_id": endpoint_id,
            "number": 1,
            "trigger": "automatic",
            "url": "https://example.com/hook",
            "started_at": row["created_at"],
            "duration_ms": 20,
            "status_code": 204,
            "workspace_id": account.workspace_id,
            "mode": account.mode,
        }
        for row, delivery_id in zip(rows, ids, strict=True)
    ]
    with account.app.app_context(), db.transaction():
        db.db.session.execute(sa.insert(WebhookAttempt), attempts)
    early = (moment - timedelta(seconds=2 * count)).strftime("%Y-%m-%dT%H:%M:%S")
    late = (moment - timedelta(minutes=6)).strftime("%Y-%m-%dT%H:%M")
    names = {"we": endpoint_id, "dlv": ids[count // 2], "early": early, "late": late}
    return Filled(account, owner_of(account), names)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def filled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Filled, Filled]]:
    """A workspace with few deliveries, and one with many, in one database."""
    url = request.getfixturevalue(f"module_{request.param}_url")
    directory = tmp_path_factory.mktemp("page-plans")
    with throwaway_redis() as redis, open_app(make_settings(directory, url, redis.url)) as app:
        moment = clock.now()
        both = fill(make_account(app), FEW, moment), fill(make_account(app), MANY, moment)
        with app.app_context():
            while rollup.step():
                pass
            if not is_sqlite(reader().engine):
                with reader().engine.connect() as connection:
                    connection.exec_driver_sql("ANALYZE")
        yield both


def look(filled: Filled, path: str) -> tuple[int, int]:
    """How many statements of these tables a page takes, and what they cost."""
    app = filled.account.app
    with executed(app) as found:
        answer = filled.owner.get(path.format(**filled.names))
    assert answer.status_code == 200
    asked = [
        each
        for each in found
        if each.text.lstrip().startswith(("SELECT", "WITH"))
        and any(name in each.text for name in TABLES)
    ]
    assert asked
    with app.app_context():
        return len(asked), sum(cost(each, TABLES) for each in asked)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_costs_among_many_what_it_costs_among_few(
    filled: tuple[Filled, Filled], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(log, "LOOKED_THROUGH", LOOKED_THROUGH)
    few, many = (look(each, PAGES[name]) for each in filled)
    assert few[0] == many[0]
    with filled[0].account.app.app_context():
        assert many[1] <= (MOST_STEPS if is_sqlite(reader().engine) else MOST_ROWS)


def test_a_search_by_type_goes_on_where_it_ended(
    filled: tuple[Filled, Filled], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of the rare ones are found, and none twice, whatever lies between."""
    monkeypatch.setattr(log, "LOOKED_THROUGH", LOOKED_THROUGH)
    few = filled[0]
    schema = log.LogQuerySchema()
    found: list[str] = []
    cursor: str | None = None
    with few.account.app.test_request_context("/x"):
        for _ in range(2 * FEW // LOOKED_THROUGH):
            asked = {"event_type": "post.failed", "limit": "10"}
            given = asked if cursor is None else asked | {"cursor": cursor}
            page = log.read_page(few.account.caller, few.names["we"], schema.load(given))
            found += [each["id"] for each in page["data"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
    assert cursor is None
    assert len(found) == len(set(found)) == FEW // 100
    assert found == sorted(found, reverse=True)
