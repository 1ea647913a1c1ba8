"""Many posts at once, spread as those of a customer of two years are: for plans and for growth."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from anthyx_server import db
from anthyx_server.channels import PLATFORMS
from anthyx_server.db import is_sqlite
from anthyx_server.posts.models import Post, PostTag, PostTarget
from anthyx_server.posts.words import words_of
from anthyx_server.tenancy import Caller

PLATFORM_NAMES = tuple(PLATFORMS)
START = datetime(2024, 11, 1, tzinfo=UTC)
SPAN = timedelta(days=730)
# Words by how many of ten thousand posts have them.
WORDS = {"coffee": 5_000, "seasonal": 100, "zanzibar": 1}
TAGS, CAMPAIGNS, ASSIGNEES = 200, 300, 12
_STATES = (
    ["published"] * 86 + ["draft"] * 6 + ["approved"] * 5
    + ["partially_published", "failed", "publishing"]
)  # fmt: skip
_TABLES: tuple[Any, ...] = (Post.__table__, PostTarget.__table__, PostTag.__table__)
_BATCH = 5_000
Row = dict[str, Any]


@dataclass(frozen=True)
class Filled:
    """What there is to filter by: ids of brands, and of their channels, and of members."""

    brand_ids: Sequence[str]
    channel_ids: Sequence[str]
    assignees: Sequence[str]


def an_id(prefix: str, number: int) -> str:
    """An id that was made long ago: 26 characters that sort as the numbers do."""
    return f"{prefix}_{number:026}"


def fill(caller: Caller, brand_ids: Sequence[str], count: int) -> Filled:
    """Give these brands so many posts, without events, and let the database look at them.

    Indexes are made afterwards, which is faster.
    """
    channel_ids = [an_id("chan", number) for number in range(len(brand_ids) * len(PLATFORM_NAMES))]
    filled = Filled(brand_ids, channel_ids, [an_id("usr", n) for n in range(ASSIGNEES)])
    engine = db.db.engine
    with engine.begin() as connection, _without_indexes(connection):
        rows = _rows(caller, filled, count)
        while batch := list(itertools.islice(rows, _BATCH)):
            for index, table in enumerate(_TABLES):
                _insert(connection, table, [row for each in batch for row in each[index]])
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if is_sqlite(engine) else "VACUUM ANALYZE")
    return filled


def _rows(caller: Caller, filled: Filled, count: int) -> Iterator[tuple[list[Row], ...]]:
    chance = random.Random(1)  # noqa: S311  (it is to be the same each time)
    vocabulary = [words_of(caller.workspace_id, caller.mode, [f"word{n}"])[0] for n in range(4_000)]
    marked = {
        words_of(caller.workspace_id, caller.mode, [word])[0]: of for word, of in WORDS.items()
    }
    owner = {"workspace_id": caller.workspace_id, "mode": caller.mode}
    for number in range(count):
        created = START + SPAN * (number / count)
        post = {**_post(chance, filled, number, created), **owner}
        post["words"] = sorted(
            {vocabulary[int(4_000 * chance.random() ** 3)] for _ in range(12)}
            | {word for word, of in marked.items() if chance.randrange(10_000) < of}
        )
        times = {
            f"post_{name}": post[name] for name in ("created_at", "scheduled_at", "updated_at")
        }
        beside = {"post_id": post["id"], **owner, **times}
        targets = [
            {**_target(post, position, filled, platform), **beside}
            for position, platform in enumerate(chance.sample(range(5), chance.choice((1, 1, 2))))
        ]
        yield [post], targets, [{"tag": tag, **beside} for tag in post["tags"]]


def _post(chance: random.Random, filled: Filled, number: int, created: datetime) -> Row:
    state = chance.choice(_STATES)
    scheduled = created + timedelta(minutes=chance.randrange(60, 20_000))
    is_timed = state != "draft" or chance.random() < 0.3
    is_published = state in {"published", "partially_published"}
    is_draft = state == "draft"
    brands = len(filled.brand_ids)
    return {
        "id": an_id("post", number),
        "brand_id": filled.brand_ids[int(brands * chance.random() ** 2)],
        "campaign": f"Campaign {chance.randrange(CAMPAIGNS)}" if chance.random() < 0.4 else None,
        "content": f"Post {number}: coffee roasted in small batches, delivered within two days.",
        "format": "post",
        "thread": None,
        "media": [],
        "state": state,
        "review_status": chance.choice(("pending", "changes_requested"))
        if is_draft
        else "approved",
        "review_by": None,
        "review_at": None,
        "review_comment": None,
        "scheduled_at": scheduled if is_timed else None,
        "schedule_source": "explicit" if is_timed else None,
        "author": {"type": "user", "id": filled.assignees[0], "name": "Ada"},
        "assignee": chance.choice(filled.assignees) if chance.random() < 0.5 else None,
        "notes": "",
        "tags": sorted({f"tag {chance.randrange(TAGS)}" for _ in range(chance.choice((0, 1, 3)))}),
        "metadata": {"crm_id": str(number)},
        "error": None,
        "version": 3,
        "created_at": created,
        "updated_at": created + timedelta(minutes=chance.randrange(40_000)),
        "approved_at": None if is_draft else created,
        "published_at": scheduled if is_published else None,
        "search_number": number + 1,
    }


def _target(post: Row, position: int, filled: Filled, platform: int) -> Row:
    brand = filled.brand_ids.index(post["brand_id"])
    return {
        "channel_id": filled.channel_ids[brand * len(PLATFORM_NAMES) + platform],
        "position": position,
        "platform": PLATFORM_NAMES[platform],
        "content_override": None,
        "state": "published" if post["published_at"] else "pending",
        "external_id": None,
        "external_url": None,
        "published_at": post["published_at"],
        "attempts": 1,
        "error": None,
    }


def _insert(connection: sa.Connection, table: Any, rows: list[Row]) -> None:
    if not rows:
        return
    columns = list(table.c)
    dialect = connection.dialect
    converters = [column.type.dialect_impl(dialect).bind_processor(dialect) for column in columns]
    values = [
        tuple(
            convert(row[column.name]) if convert else row[column.name]
            for column, convert in zip(columns, converters, strict=True)
        )
        for row in rows
    ]
    names = ", ".join(column.name for column in columns)
    if is_sqlite(connection):
        marks = ", ".join("?" * len(columns))
        insert = f"INSERT INTO {table.name} ({names}) VALUES ({marks})"  # noqa: S608
        connection.exec_driver_sql(insert, values)
        return
    driver: Any = connection.connection.driver_connection
    with driver.cursor().copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
        for row in values:
            copy.write_row(row)


@contextmanager
def _without_indexes(connection: sa.Connection) -> Iterator[None]:
    """Take the indexes of the tables away until the block ends, those of constraints aside."""
    tables = [table.name for table in _TABLES]
    if is_sqlite(connection):
        query = "SELECT name, sql, tbl_name FROM sqlite_master WHERE type = 'index' AND sql <> ''"
    else:
        query = "SELECT indexname, indexdef, tablename FROM pg_indexes"
    found = [
        (name, definition)
        for name, definition, table in connection.exec_driver_sql(query)
        if table in tables and name.startswith("ix_")
    ]
    for name, _ in found:
        connection.exec_driver_sql(f"DROP INDEX {name}")
    yield
    for _, definition in found:
        connection.exec_driver_sql(definition)
