"""Answers as tables, for those who ask for CSV."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from anthyx_server.analytics.metrics import METRICS

Table = tuple[Sequence[str], Iterable[Sequence[Any]]]


def summary_table(payload: dict[str, Any]) -> Table:
    """A row for each metric."""
    columns = ("value", "previous", "change_percent")
    rows = (
        (name, *(compared[column] for column in columns))
        for name, compared in payload["metrics"].items()
    )
    return ("metric", *columns), rows


def timeseries_table(payload: dict[str, Any]) -> Table:
    """A row for each point of each series."""
    rows = (
        (series["group"], series["metric"], point["date"], point["value"])
        for series in payload["series"]
        for point in series["points"]
    )
    return ("group", "metric", "date", "value"), rows


def posts_table(payload: dict[str, Any]) -> Table:
    """A row for each post, a column for each metric."""
    columns = ("post_id", "brand_id", "published_at")
    rows = (
        (*(post[column] for column in columns), *(post["metrics"][name] for name in METRICS))
        for post in payload["data"]
    )
    return (*columns, *METRICS), rows
