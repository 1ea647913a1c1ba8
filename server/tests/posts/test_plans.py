"""What pages of posts cost the databases: the last as little as the first, for every filter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from anthyx_server import db
from anthyx_server.db import is_sqlite, reader
from anthyx_server.posts import listing, schemas
from anthyx_server.tenancy import Caller
from tests.support.apps import make_account, make_settings, open_app
from tests.support.costs import Statement, cost, executed, plan
from tests.support.many_posts import Filled, fill
from tests.support.redis import throwaway_redis

POSTS, BRANDS = 6_000, 6
# Both ways by one time, one way by each of the others.
SORTS = ("-created_at", "-scheduled_at", "scheduled_at", "updated_at")
TABLES = ("posts", "post_targets", "post_tags")
# A page of 25, its look ahead, both streams, and what else an index leads to on the way.
MOST_ROWS, MOST_STEPS = POSTS // 6, POSTS
SINCE = "2025-01-01T00:00:00Z"
FILTERS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "a large brand": {"brand_id": 0},
    "a small brand": {"brand_id": BRANDS - 1},
    "a frequent state": {"state": "published"},
    "a rare state": {"state": "failed"},
    "a platform": {"platform": "x"},
    "a channel": {"channel_id": 7},
    "a campaign": {"campaign": "Campaign 7"},
    "an assignee": {"assignee": 3},
    "a review": {"review_status": "changes_requested"},
    "a tag": {"tag": "tag 5"},
    "a tag on a platform": {"tag": "tag 5", "platform": "x"},
    "a frequent word": {"q": "coffee"},
    "a rare word": {"q": "ZANZIBAR"},
    "two words": {"q": "seasonal coffee"},
    "a range": {"scheduled_after": SINCE, "scheduled_before": "2026-05-01T00:00:00Z"},
    "the start of a range": {"scheduled_after": SINCE, "sort": "scheduled_at"},
    "a range of publication": {"published_after": SINCE},
    "a range of creation": {"created_after": SINCE},
    "what has changed": {"updated_since": SINCE},
}  # fmt: skip
RANGES = {
    "a range",
    "the start of a range",
    "a range of publication",
    "a range of creation",
    "what has changed",
}


@dataclass
class Database:
    """A filled database, and what it was asked last."""

    app: Flask
    caller: Caller
    filled: Filled
    asked: list[Statement] = field(default_factory=list)

    def page(self, caller: Caller, given: dict[str, Any], limit: int) -> dict[str, Any]:
        """A page of the list, of any length."""
        named = dict(given)
        places = {
            "brand_id": self.filled.brand_ids,
            "channel_id": self.filled.channel_ids,
            "assignee": self.filled.assignees,
        }
        for name, ids in places.items():
            if name in named:
                named[name] = ids[named[name]]
        arguments = {**schemas.ListPostsQuerySchema().load(named), "limit": limit}
        with executed(self.app) as found:
            page = listing.list_page(caller, arguments)
        # What the listing asks of PostgreSQL's planner reads no rows.
        self.asked = [each for each in found if not each.text.startswith("EXPLAIN")]
        return page

    def cost(self) -> int:
        """What the statements of the last page cost: steps of SQLite, rows of PostgreSQL."""
        assert self.asked
        return sum(cost(each, TABLES) for each in self.asked)

    def plan(self) -> str:
        """How SQLite finds what was asked for last."""
        return "\n".join(step for each in self.asked for step in plan(self.app, each))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """A workspace with many posts."""
    url = request.getfixturevalue(f"module_{request.param}_url")
    directory: Path = tmp_path_factory.mktemp("plans")
    with throwaway_redis() as redis, open_app(make_settings(directory, url, redis.url)) as app:
        account = make_account(app)
        brands = [
            account.post("/brands", json={"name": f"Brand {n}"}).get_json()["id"]
            for n in range(BRANDS)
        ]
        with app.test_request_context("/v1/posts"):
            found = Database(app, account.caller, fill(account.caller, brands, POSTS))
            db.read_only()
            yield found


@pytest.mark.parametrize("name", FILTERS)
def test_the_last_page_costs_what_the_first_does(database: Database, name: str) -> None:
    most = MOST_STEPS if is_sqlite(reader().engine) else MOST_ROWS
    most += 20_000 if "q" in FILTERS[name] else 0  # what is asked before: are there many?
    count = len(database.page(database.caller, FILTERS[name], POSTS)["data"])
    for sort in (None,) if name in RANGES else SORTS:
        given = FILTERS[name] | ({} if sort is None else {"sort": sort})
        database.page(database.caller, given, 25)
        first = database.cost()
        plan = database.plan() if is_sqlite(reader().engine) else ""
        assert not any(f"SCAN {table}\n" in f"{plan}\n" for table in TABLES), plan
        assert first <= most, (name, sort, first)
        if count <= 60:
            continue
        before = database.page(database.caller, given, count - 30)
        given |= {"cursor": before["next_cursor"]}
        rest = database.page(database.caller, given, 100)
        ids = {post["id"] for page in (before, rest) for post in page["data"]}
        assert (len(ids), len(rest["data"])) == (count, 30), "none is skipped or shown twice"
        database.page(database.caller, given, 25)
        last = database.cost()
        assert last <= most, (name, sort, last)
        assert last <= 1.3 * first + 200, (name, sort, first, last)
