"""The metrics: their names, and their values where only what was published is known."""

from __future__ import annotations

from typing import Any

POSTS_PUBLISHED = "posts_published"
# In the order in which answers show them.
METRICS = (
    "impressions",
    "reach",
    "views",
    "clicks",
    "reactions",
    "comments",
    "shares",
    "saves",
    "engagements",
    "engagement_rate",
    "followers",
    "follower_change",
    POSTS_PUBLISHED,
)


def in_order(names: str) -> tuple[str, ...]:
    """Names that are separated by commas, each once, in the order of `METRICS`."""
    wanted = set(names.split(","))
    return tuple(name for name in METRICS if name in wanted)


def values(posts_published: int) -> dict[str, int | None]:
    """Every metric: those that only a network can report are None, never 0."""
    return {**dict.fromkeys(METRICS), POSTS_PUBLISHED: posts_published}


def compared(now: dict[str, int | None], before: dict[str, int | None]) -> dict[str, Any]:
    """Every metric beside its value of the period before."""
    return {
        name: {
            "value": now[name],
            "previous": before[name],
            "change_percent": change_percent(now[name], before[name]),
        }
        for name in METRICS
    }


def change_percent(value: int | None, previous: int | None) -> float | None:
    """The change in percent to two decimals; None from 0, and where either is not reported."""
    if value is None or not previous:
        return None
    return round((value - previous) * 100 / previous, 2)
