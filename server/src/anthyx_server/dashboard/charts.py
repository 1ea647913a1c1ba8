"""Charts of bars over time, laid out here and drawn as SVG by `dashboard/charts.html`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

WIDTH, HEIGHT = 720, 284
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 12, 36, 34
_GAP = 0.2  # of a bar's place
_MOST_TICKS = 4


class Bucket(NamedTuple):
    """What is counted in one stretch of time; `good` stands below `bad`.

    `label` stands below the axis ("" for none), `title` is told where the pointer rests.
    """

    label: str
    title: str
    good: int
    bad: int


class Bar(NamedTuple):
    """A bucket as it is drawn, in units of the chart."""

    bucket: Bucket
    x: float
    width: float
    middle: float
    good_y: float
    good_height: float
    bad_y: float
    bad_height: float


class Tick(NamedTuple):
    """A line across, and the number at its left."""

    y: float
    text: str


@dataclass(frozen=True)
class Chart:
    """A chart as it is drawn; `limit_y` is where the limit's line is, None where there is none."""

    bars: list[Bar]
    ticks: list[Tick]
    limit_y: float | None
    left: float = _LEFT
    top: float = _TOP
    right: float = WIDTH - _RIGHT
    bottom: float = HEIGHT - _BOTTOM
    width: int = WIDTH
    height: int = HEIGHT


def draw(buckets: Sequence[Bucket], limit: int | None = None) -> Chart:
    """Lay out a chart whose scale holds every bar, and the limit where there is one."""
    most = max([each.good + each.bad for each in buckets] + [limit or 0, 1])
    step = _step(most)
    top = -(-most // step) * step

    def height(value: int) -> float:
        return round(value / top * (HEIGHT - _TOP - _BOTTOM), 2)

    bottom = HEIGHT - _BOTTOM
    ticks = [Tick(bottom - height(value), f"{value:,}") for value in range(0, top + 1, step)]
    place = (WIDTH - _LEFT - _RIGHT) / max(1, len(buckets))
    bars = []
    for index, each in enumerate(buckets):
        good, bad = height(each.good), height(each.bad)
        x = round(_LEFT + place * (index + _GAP / 2), 2)
        width = round(place * (1 - _GAP), 2)
        middle = round(x + width / 2, 2)
        good_y = round(bottom - good, 2)
        bars.append(Bar(each, x, width, middle, good_y, good, round(good_y - bad, 2), bad))
    return Chart(bars, ticks, None if limit is None else bottom - height(limit))


def _step(most: int) -> int:
    """The smallest round number that needs few enough ticks."""
    return next(step for step in _round_numbers() if most / step <= _MOST_TICKS)


def _round_numbers() -> Iterator[int]:
    magnitude = 1
    while True:
        yield from (magnitude, 2 * magnitude, 5 * magnitude)
        magnitude *= 10
