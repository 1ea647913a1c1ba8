"""What pages of deliveries cost: the last as little as the first, for every filter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from anthyx_server import clock, db
from anthyx_server.db import is_sqlite, reader
from anthyx_server.ids import id_of
from anthyx_server.tenancy import Caller
from anthyx_server.webhooks.deliveries import listing, schemas
from anthyx_server.webhooks.models import WebhookAttempt
from tests.support.apps import Account, make_account, make_settings, open_app
from tests.support.costs import Statement, cost, executed
from tests.support.redis import throwaway_redis
from tests.support.webhooks import add_deliveries, add_endpoint

DELIVERIES, ENDPOINTS, BRANDS = 8_000, 4, 3
TABLES = ("webhook_deliveries", "webhook_attempts")
# A page of 25 from each of five stretches, and what else an index leads to on the way.
MOST_ROWS, MOST_STEPS = 600, 12_000
# One status in a thousand but where nearly all is dead, and one that is nearly all there is.
STATUSES = ("pending", "failed", "dead", "skipped")
FILTERS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "a busy endpoint": {"endpoint_id": 0},
    "a quiet endpoint": {"endpoint_id": ENDPOINTS - 1},
    "an event": {"event_id": 17},
    "a large brand": {"brand_id": 0},
    "a small brand": {"brand_id": BRANDS - 1},
    "what succeeded": {"status": "succeeded"},
    **{f"what is {status}": {"status": status} for status in STATUSES},
    **{f"{status} there": {"endpoint_id": 0, "status": status} for status in STATUSES},
    "succeeded there": {"endpoint_id": 0, "status": "succeeded"},
    "the few that succeeded": {"endpoint_id": 1, "status": "succeeded"},
    "a dead one of a brand": {"brand_id": 0, "status": "dead"},
    "a range": {"created_after": 6_000, "created_before": 2_000},
    "the start of a range": {"created_after": 6_000},
    "the end of a range": {"created_before": 2_000},
    "a range of an endpoint": {"endpoint_id": 0, "created_before": 4_000},
    "by sequence": {"endpoint_id": 0, "after_sequence": "0"},
    "by a late sequence": {"endpoint_id": 0, "after_sequence": "3000"},
}


@dataclass
class Database:
    """A filled database, and what it was asked last."""

    app: Flask
    caller: Caller
    endpoint_ids: list[str]
    brand_ids: list[str]
    moment: datetime
    asked: list[Statement] = field(default_factory=list)

    def page(self, given: dict[str, Any], caller: Caller | None = None) -> dict[str, Any]:
        """A page of the list."""
        named = dict(given)
        for name, found in (
            ("endpoint_id", self.endpoint_ids),
            ("brand_id", self.brand_ids),
        ):
            if name in named:
                named[name] = found[named[name]]
        if "event_id" in named:
            named["event_id"] = event_id(named["event_id"])
        for name in ("created_after", "created_before"):
            if name in named:
                named[name] = clock.rfc3339(self.moment - timedelta(seconds=named[name]))
        limit = named.pop("limit", 25)
        arguments = {**schemas.ListWebhookDeliveriesQuerySchema().load(named), "limit": limit}
        with executed(self.app) as self.asked:
            return listing.list_page(caller or self.caller, arguments)

    def cost(self) -> int:
        """What the statements of the last page cost."""
        assert self.asked
        return sum(cost(each, TABLES) for each in self.asked)


def event_id(number: int) -> str:
    return id_of("evt", clock.from_milliseconds(1_000_000), number)


def fill(account: Account, endpoints: list[str], brands: list[str], moment: datetime) -> None:
    """One delivery a second; of the busiest endpoint and brand nearly all."""
    for place, endpoint_id in enumerate(endpoints):
        rows = [
            row(number, brands, moment, place)
            for number in range(DELIVERIES)
            if place == (number % 50 if number % 50 < len(endpoints) else number % 2)
        ]
        made = add_deliveries(account, endpoint_id, rows)
        for sequence, (each, delivery_id) in enumerate(zip(rows, made, strict=True), 1):
            each.update(id=delivery_id, sequence=sequence)
        with account.app.app_context(), db.transaction():
            db.db.session.execute(
                sa.insert(WebhookAttempt),
                [attempt(account, endpoint_id, each) for each in rows],
            )


def row(number: int, brands: list[str], moment: datetime, place: int) -> dict[str, Any]:
    usual = "dead" if place == 1 and number > 10 else "succeeded"
    rare = STATUSES[number // 500 % 4] if number % 500 < 2 and place == 0 else None
    return {
        "created_at": moment - timedelta(seconds=DELIVERIES - number),
        "brand_id": brands[0] if number % 401 else brands[-1],
        "event_id": event_id(number // 2),
        "status": rare or usual,
    }


def attempt(account: Account, endpoint_id: str, each: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "att" + each["id"][3:],
        "delivery_id": each["id"],
        "endpoint_id": endpoint_id,
        "number": 1,
        "sequence": each["sequence"],
        "trigger": "automatic",
        "url": "https://receiver.example/hooks",
        "started_at": each["created_at"],
        "workspace_id": account.workspace_id,
        "mode": account.mode,
    }


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """A workspace with many deliveries."""
    url = request.getfixturevalue(f"module_{request.param}_url")
    directory: Path = tmp_path_factory.mktemp("plans")
    with throwaway_redis() as redis, open_app(make_settings(directory, url, redis.url)) as app:
        account = make_account(app)
        brands = [
            account.post("/brands", json={"name": f"Brand {n}"}).get_json()["id"]
            for n in range(BRANDS)
        ]
        endpoints = [add_endpoint(account) for _ in range(ENDPOINTS)]
        moment = clock.now()
        fill(account, endpoints, brands, moment)
        with app.test_request_context("/v1/webhook-deliveries"):
            found = Database(app, account.caller, endpoints, brands, moment)
            engine = reader().engine
            if not is_sqlite(engine):
                with engine.connect() as connection:
                    connection.exec_driver_sql("ANALYZE")
            db.read_only()
            yield found


def most() -> int:
    return MOST_STEPS if is_sqlite(reader().engine) else MOST_ROWS


@pytest.mark.parametrize("name", FILTERS)
def test_the_last_page_costs_what_the_first_does(database: Database, name: str) -> None:
    given = FILTERS[name]
    whole = database.page(given | {"limit": DELIVERIES})["data"]
    assert whole, "there is something to be found"
    database.page(given)
    first = database.cost()
    assert first <= most(), first
    if len(whole) <= 60:
        return
    before = database.page(given | {"limit": len(whole) - 30})
    rest = database.page(given | {"cursor": before["next_cursor"], "limit": 100})
    assert before["data"] + rest["data"] == whole
    database.page(given | {"cursor": before["next_cursor"]})
    last = database.cost()
    assert last <= 1.3 * first + 200, (first, last)


@pytest.mark.parametrize("status", [None, "dead", "succeeded"])
def test_a_key_of_a_small_brand_reads_no_others(database: Database, status: str | None) -> None:
    caller = database.caller._replace(brand_ids=frozenset(database.brand_ids[1:]))
    given = {} if status is None else {"status": status}
    assert database.page(given, caller)["data"]
    assert database.cost() <= 2 * most()
