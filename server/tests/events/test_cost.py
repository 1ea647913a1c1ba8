"""What reading the feed costs the database: as much beside many events as beside few, counted."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from anthyx_server import clock, db
from anthyx_server.events.models import Event, EventFeed
from server.tests.events.happenings import happen, page
from server.tests.limits.many_keys import counted_steps
from tests.support.apps import Account

FEW, MANY = 100, 10_000
BRAND, RARE = (f"brand_{'0' * 25}{number}" for number in range(2))
QUERIES = {
    "all": "",
    "a type": "&types=post.created",
    "a rare type": "&types=brand.updated",
    "a type that never was": "&types=post.failed",
    "a family": "&types=post.*",
    "a brand": f"&brand_id={BRAND}",
    "a rare brand": f"&brand_id={RARE}",
    "a rare type of a brand": f"&brand_id={BRAND}&types=brand.updated",
    "a time": "&created_before={past}",
    "a type in a time": "&created_before={past}&types=post.created",
}


def fill(account: Account, count: int) -> None:
    """So many more events after the newest, copies of it."""
    columns = Event.__table__.columns
    newest = sa.select(Event.__table__).where(Event.workspace_id == account.workspace_id)
    with account.app.app_context(), db.db.engine.begin() as connection:
        row = connection.execute(newest.order_by(Event.position.desc()).limit(1)).one()
        copied = dict(zip(columns.keys(), row, strict=True))
        last = row.position + count
        copies = [
            {**copied, "id": f"{row.id}{number}", "position": row.position + number}
            for number in range(1, count + 1)
        ]
        connection.execute(sa.insert(Event), copies)
        feed = sa.update(EventFeed).where(EventFeed.workspace_id == account.workspace_id)
        connection.execute(feed.values(position=last))


def make_feed(account: Account, count: int) -> str:
    """Rare events, many others, and rare ones again; the id of one in the middle."""
    rare = [("brand.updated", BRAND), ("post.created", RARE)] * 2
    happen(account, *rare, ("post.created", BRAND))
    fill(account, count // 2)
    (middle,) = happen(account, ("post.created", BRAND))
    fill(account, count // 2)
    happen(account, *rare)
    return middle


def costs(account: Account, middle: str) -> dict[str, int]:
    """Steps of each query: of the newest, of what comes after the middle and after the first."""
    found = {}
    first = page(account, "after=oldest&limit=1")["data"][0]["id"]
    past = clock.rfc3339(clock.now() - timedelta(hours=2))
    for name, query in QUERIES.items():
        for start in ("", f"&after={middle}", f"&after={first}"):
            asked = f"limit=10{query.format(past=past)}{start}"
            page(account, asked)  # which warms connections and caches
            with counted_steps(account.app) as steps:
                page(account, asked)
            found[name + start] = sum(steps)
    return found


def test_no_query_reads_more_of_a_long_feed_than_of_a_short_one(
    unlimited: Account, other_account: Account
) -> None:
    short = make_feed(other_account, FEW)
    long = make_feed(unlimited, MANY)
    with unlimited.app.app_context(), db.db.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()
    few, many = costs(other_account, short), costs(unlimited, long)
    for (name, beside_few), beside_many in zip(few.items(), many.values(), strict=True):
        assert beside_many <= beside_few * 1.3 + 8, (name, beside_few, beside_many)
