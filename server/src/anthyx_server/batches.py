"""Jobs that go through rows of all workspaces: in batches, each a transaction of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from anthyx_server.db import Base, db, transaction
from anthyx_server.sealing import keyring

_Row = TypeVar("_Row", bound=Base)
_SIZE = 200


def act_in_batches(
    key: InstrumentedAttribute[str],
    is_meant: ColumnElement[bool],
    act: Callable[[_Row], Any],
) -> None:
    """Act on the rows that are meant, each locked, in the order of `key`, their primary key.

    A crash loses no batch that is done, and the next run goes on from there. What somebody else is
    changing at this moment is left to the next run.
    """
    last: str | None = ""
    while last is not None:
        with transaction():
            last = _act_on_batch(key, is_meant, act, last)


def is_sealed_before(key_id: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """The condition that a row was sealed with another encryption key than the current one."""
    current = keyring().current
    # Not `!=`, which no index answers: with nothing to do, this must not read the whole table.
    return or_(key_id < current, key_id > current)


def _act_on_batch(
    key: InstrumentedAttribute[str],
    is_meant: ColumnElement[bool],
    act: Callable[[_Row], Any],
    after: str,
) -> str | None:
    """Act on the next rows; the key of the last one, None where there was none."""
    query = (
        select(key.class_)
        .where(is_meant, key > after)
        .order_by(key)
        .limit(_SIZE)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    rows = db.session.scalars(query).all()
    for row in rows:
        act(row)
    return getattr(rows[-1], key.key) if rows else None
