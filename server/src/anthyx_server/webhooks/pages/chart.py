"""The charts of an endpoint's attempts over time, as shapes with their places in an SVG."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from anthyx_server.webhooks.pages.words import duration

WIDTH, HEIGHT = 720, 180
_LEFT, _RIGHT, _TOP, _BOTTOM = 72, 8, 12, 28
_GAP = 0.2
# A bar of something is seen, however small.
_LEAST = 2.0
_LABELS = 6


class Bar(NamedTuple):
    """A rectangle, and the class that colors it."""

    kind: str
    x: float
    y: float
    width: float
    height: float


class Label(NamedTuple):
    """A text of an axis."""

    at: float
    text: str


@dataclass(frozen=True)
class Chart:
    """What an SVG of `WIDTH` by `HEIGHT` shows."""

    bars: list[Bar]
    times: list[Label]
    values: list[Label]
    summary: str
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    bottom: int = HEIGHT - _BOTTOM
    width: int = WIDTH
    height: int = HEIGHT


def outcomes(stats: dict[str, Any], zone: ZoneInfo) -> Chart:
    """How many attempts succeeded and failed, one upon the other."""
    data = stats["data"]
    succeeded = sum(each["succeeded"] for each in data)
    failed = sum(each["failed"] for each in data)
    summary = "No attempts were made in this time."
    if succeeded + failed:
        share = 100 * succeeded / (succeeded + failed)
        summary = f"{succeeded:,} delivered, {failed:,} failed: {share:.4g} % delivered."
    parts = [[("good", each["succeeded"]), ("bad", each["failed"])] for each in data]
    return _chart(stats, zone, parts, "{:,.0f}".format, summary)


def durations(stats: dict[str, Any], zone: ZoneInfo) -> Chart:
    """How long half of the attempts took at most, and 95 of 100."""
    slowest = max((each["p95_ms"] or 0 for each in stats["data"]), default=0)
    summary = "No attempts were made in this time."
    if any(each["p95_ms"] is not None for each in stats["data"]):
        summary = f"The highest 95th percentile is {duration(slowest)}."
    parts = []
    for each in stats["data"]:
        half = each["p50_ms"] or 0
        parts.append([("half", half), ("most", max(0, (each["p95_ms"] or 0) - half))])
    return _chart(stats, zone, parts, lambda value: duration(round(value)), summary)


def _chart(
    stats: dict[str, Any],
    zone: ZoneInfo,
    parts: Sequence[Sequence[tuple[str, int]]],
    written: Callable[[float], str],
    summary: str,
) -> Chart:
    top = _round_up(max((sum(value for _, value in each) for each in parts), default=0))
    step = (WIDTH - _LEFT - _RIGHT) / max(1, len(parts))
    scale = (HEIGHT - _TOP - _BOTTOM) / top
    bars: list[Bar] = []
    for place, each in enumerate(parts):
        foot = float(HEIGHT - _BOTTOM)
        for kind, value in each:
            height = max(_LEAST, value * scale) if value else 0.0
            foot -= height
            if value:
                x = _LEFT + (place + _GAP / 2) * step
                bars.append(_rounded(kind, x, foot, (1 - _GAP) * step, height))
    values = [
        Label(HEIGHT - _BOTTOM - top * part * scale, written(top * part)) for part in (0, 0.5, 1)
    ]
    return Chart(bars, _times(stats, zone, step), values, summary)


def _rounded(kind: str, *numbers: float) -> Bar:
    x, y, width, height = (round(each, 1) for each in numbers)
    return Bar(kind, x, y, width, height)


def _times(stats: dict[str, Any], zone: ZoneInfo, step: float) -> list[Label]:
    """Every so many buckets its start: hours in the workspace's time zone, days in UTC."""
    every = max(1, len(stats["data"]) // _LABELS)
    labels = []
    for place in range(every // 2, len(stats["data"]), every):
        start = datetime.fromisoformat(stats["data"][place]["start"])
        labels.append(
            Label(
                round(_LEFT + (place + 0.5) * step, 1), name_of(start, stats["granularity"], zone)
            )
        )
    return labels


def rows(stats: dict[str, Any], zone: ZoneInfo) -> list[dict[str, Any]]:
    """The numbers of all buckets, the latest first, for a table."""
    return [
        each | {"name": name_of(datetime.fromisoformat(each["start"]), stats["granularity"], zone)}
        for each in reversed(stats["data"])
    ]


def name_of(start: datetime, granularity: str, zone: ZoneInfo) -> str:
    """What a bucket is called."""
    if granularity == "hour":
        return f"{start.astimezone(zone):%H:%M}"
    return f"{start:%b} {start.day}"


def _round_up(value: float) -> float:
    """The next of 2, 4, 10, 20, 40, 100, …: halves of them are whole."""
    size = 1.0
    while True:
        for factor in (2, 4, 10):
            if value <= factor * size:
                return factor * size
        size *= 10
