"""Many rows at once: copies of one row, made by the database itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa

from anthyx_server import db, keys
from anthyx_server.brands import Brand
from anthyx_server.keys.secret import mint
from tests.bench.world import World

Expression = sa.ColumnElement[Any]


def add_brands(world: World, count: int) -> None:
    """Give the workspace so many more brands; all are older than those it has."""
    brand = Brand.__table__

    def named(number: Expression, column: str) -> Expression:
        return brand.c[column] + sa.cast(number, sa.Text)

    _copy(
        world,
        brand,
        count,
        {
            "id": lambda number: _id("brand", number),
            "name": lambda number: named(number, "name"),
            "name_key": lambda number: named(number, "name_key"),
            "slug": lambda number: named(number, "slug"),
        },
    )


def add_keys(world: World, count: int, usable: int) -> dict[str, str]:
    """Give the workspace so many more keys; tokens by the ids of some, spread evenly over them."""
    is_sqlite = world.settings.is_embedded_database
    words = [sa.func.md5(sa.cast(sa.func.random(), sa.Text)) for _ in range(2)]
    digest = (
        sa.func.lower(sa.func.hex(sa.func.randomblob(32))) if is_sqlite else sa.func.concat(*words)
    )
    columns: dict[str, Callable[[Expression], Expression]] = {
        "id": lambda number: _id("key", number),
        "family_id": lambda number: _id("key", number),
        "digest": lambda _number: digest,
    }
    _copy(world, keys.ApiKey.__table__, count, columns)
    tokens = {}
    hasher = keys.Hasher(world.settings.key_peppers)
    with world.account.app.app_context(), db.transaction():
        for number in range(1, count + 1, count // usable):
            token = mint("live")
            key_id = f"key_{_PADDING}{_START + number}"
            change = sa.update(keys.ApiKey).where(keys.ApiKey.id == key_id)
            db.db.session.execute(change.values(digest=hasher.digest(token)))
            tokens[key_id] = token
    return tokens


_PADDING = "0" * 14
_START = 10**11


def _id(prefix: str, number: Expression) -> Expression:
    """An id that was made long ago: 26 characters that sort as the numbers do."""
    return sa.literal(f"{prefix}_{_PADDING}") + sa.cast(_START + number, sa.Text)


def _copy(
    world: World,
    table: sa.FromClause,
    count: int,
    changed: Mapping[str, Callable[[Expression], Expression]],
) -> None:
    numbers = sa.select(sa.literal(1, sa.BigInteger()).label("number")).cte(
        "numbers", recursive=True
    )
    numbers = numbers.union_all(sa.select(numbers.c.number + 1).where(numbers.c.number < count))
    owner = table.c.workspace_id == world.account.workspace_id
    newest = sa.select(sa.func.max(table.c.id)).where(owner).scalar_subquery()
    columns = [
        changed[column.name](numbers.c.number) if column.name in changed else column
        for column in table.c
    ]
    rows = (
        sa.select(*columns).select_from(table.join(numbers, sa.true())).where(table.c.id == newest)
    )
    with world.account.app.app_context():
        engine = db.db.engine
    with engine.begin() as connection:
        connection.execute(sa.insert(table).from_select(list(table.c.keys()), rows))  # type: ignore[arg-type]
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
