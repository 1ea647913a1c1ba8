"""What the database does for an answer: one statement, read from indexes, within the range."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from anthyx_server import db
from anthyx_server.posts import Post, PostTarget
from server.tests.analytics.conftest import NOW, Studio, make_studio
from tests.support.apps import make_account
from tests.support.costs import Statement, executed, plan
from tests.support.published import post_values, target_values

OTHERS, OWN = 6_000, 300

QUERIES: dict[str, dict[str, str]] = {
    "summary": {"from": "2026-11-25"},
    "summary of a platform": {"platform": "x"},
    "timeseries": {"from": "2026-11-22"},
    "timeseries by platform": {"group_by": "platform"},
    "timeseries by channel": {"group_by": "channel"},
    "timeseries by brand": {"group_by": "brand"},
    "posts": {"limit": "10"},
    "posts of a platform": {"platform": "linkedin", "limit": "10"},
    "best-times": {},
}


def fill(studio: Studio, count: int) -> None:
    """Posts on two channels, one every six days, back from now."""
    moments = [NOW - timedelta(days=6 * (number % 600)) for number in range(count)]
    posts = [post_values(studio.account, studio.bakery, moment) for moment in moments]
    channels = [(studio.bakery_x, "x", True), (studio.bakery_linkedin, "linkedin", True)]
    targets = [
        values
        for post, moment in zip(posts, moments, strict=True)
        for values in target_values(studio.account, post["id"], moment, channels)
    ]
    with studio.account.app.app_context(), db.transaction():
        db.db.session.execute(sa.insert(Post), posts)
        db.db.session.execute(sa.insert(PostTarget), targets)


@pytest.fixture
def filled(studio: Studio) -> Studio:
    """A workspace beside one that has published four times as much."""
    fill(make_studio(make_account(studio.account.app)), OTHERS)
    fill(studio, OWN)
    return studio


def of_posts(found: list[Statement]) -> list[Statement]:
    return [each for each in found if "FROM" in each[0] and " posts" in each[0]]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_sqlite_reads_ones_own_posts_of_the_range_alone(filled: Studio) -> None:
    """With statistics and, as most databases of this kind are, without."""
    check_plans(filled, check_sqlite)
    analyze(filled)
    check_plans(filled, check_sqlite)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_postgresql_reads_ones_own_posts_of_the_range_alone(filled: Studio) -> None:
    analyze(filled)
    check_plans(filled, check_postgresql)


def check_plans(studio: Studio, check: Callable[[str, list[str]], None]) -> None:
    for name, query in QUERIES.items():
        with executed(studio.account.app) as found:
            studio.read(name.partition(" ")[0], **query)
        (statement,) = of_posts(found)
        check(name, plan(studio.account.app, statement))


def analyze(studio: Studio) -> None:
    with studio.account.app.app_context(), db.transaction():
        db.db.session.execute(sa.text("ANALYZE"))


def check_sqlite(name: str, lines: list[str]) -> None:
    assert not [line for line in lines if line.startswith(("SCAN posts", "SCAN post_targets"))]
    (search,) = [line for line in lines if line.startswith("SEARCH posts ")]
    assert "workspace_id=? AND mode=? AND published_at>? AND published_at<?" in search, name
    of_targets = [line for line in lines if line.startswith("SEARCH post_targets")]
    assert all("post_id=?" in line for line in of_targets), "\n".join([name, *lines])


def check_postgresql(name: str, lines: list[str]) -> None:
    assert not [line for line in lines if "Seq Scan on post" in line], (name, lines)
    conditions = [line for line in lines if line.startswith("Index Cond")]
    of_posts = [line for line in conditions if "workspace_id" in line and "published_at" in line]
    assert of_posts, "\n".join([name, *lines])


def test_the_number_of_statements_does_not_grow(filled: Studio, studio: Studio) -> None:
    fresh = make_studio(make_account(studio.account.app))
    for name, query in QUERIES.items():
        counts = []
        for each in (fresh, filled):
            each.read("summary")  # the key is known from here on
            with executed(each.account.app) as found:
                each.read(name.partition(" ")[0], **query)
            counts.append(len(found))
        assert counts[0] == counts[1] <= 4, name


def test_pages_at_the_end_are_read_as_those_at_the_start(filled: Studio) -> None:
    analyze(filled)
    seen: list[str] = []
    query: dict[str, str] = {"limit": "10", "from": "2026-01-01", "to": "2026-11-25"}
    has_more = True
    while has_more:
        with executed(filled.account.app) as found:
            page = filled.read("posts", **query)
        seen += [post["post_id"] for post in page["data"]]
        lines = plan(filled.account.app, of_posts(found)[0])
        assert not [line for line in lines if "TEMP B-TREE" in line or "Seq Scan" in line]
        has_more = page["has_more"]
        query["cursor"] = page["next_cursor"]
    assert len(seen) == len(set(seen)) == 55
