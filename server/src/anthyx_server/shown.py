"""Columns that are read as answers show them: times as RFC 3339, JSON as its text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from anthyx_server import clock
from anthyx_server.db import UTCTime


def as_shown(column: InstrumentedAttribute[Any]) -> sa.ColumnElement[Any]:
    """The column for a query whose rows go into an answer; most are shown as they are stored."""
    stored = column.expression
    if isinstance(stored.type, sa.JSON):
        return sa.type_coerce(sa.cast(stored, sa.Text), _ShownJson()).label(stored.key)
    if isinstance(stored.type, UTCTime):
        return sa.type_coerce(stored, _ShownTime()).label(stored.key)
    return stored


class _ShownTime(sa.types.UserDefinedType[str]):
    """A time as a string, without a datetime in between where the database has none."""

    cache_ok = True

    def result_processor(
        self, dialect: sa.Dialect, _coltype: object
    ) -> Callable[[Any], str | None]:
        """From the database."""
        shown: Callable[[Any], str]
        shown = clock.rfc3339 if dialect.name == "postgresql" else clock.rfc3339_of_milliseconds
        return lambda value: None if value is None else shown(value)


class _ShownJson(sa.types.UserDefinedType[orjson.Fragment]):
    """JSON that is put into the answer without being parsed."""

    cache_ok = True

    def result_processor(
        self, _dialect: sa.Dialect, _coltype: object
    ) -> Callable[[Any], orjson.Fragment | None]:
        """From the database."""
        return lambda text: None if text is None else orjson.Fragment(text)
