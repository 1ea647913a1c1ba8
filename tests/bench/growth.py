"""The table of growth: what a request costs where there is little, and where there is much."""

from __future__ import annotations

import itertools
import statistics
from dataclasses import dataclass, field

from anthyx_server import keys
from tests.bench.fill import add_brands, add_keys
from tests.bench.load import get
from tests.bench.request_path import LIST, WORKSPACE, Round, run_round
from tests.bench.world import BRANDS, Server, World, open_server, open_world
from tests.support.apps import call

# Few enough to be asked for again before their records expire.
_CACHED_KEYS = 100
_LOOKED_UP_KEYS = 2_000
_PAGE = 100


@dataclass(frozen=True)
class Size:
    """How much there is of what a row of the table looks through."""

    brands: int
    keys: int


_SMALL, _LARGE = Size(1_000, 10), Size(100_000, 1_000_000)
_ROWS = {
    "a first page of brands": "brands",
    "a page of brands in the middle": "brands",
    "a key whose record Redis has": "keys",
    "a key looked up in the database": "keys",
}


@dataclass(frozen=True)
class Side:
    """A server with the requests to send it, row by row, and what came of them."""

    server: Server
    requests: list[list[bytes]]
    rounds: list[list[Round]] = field(default_factory=lambda: [[] for _ in _ROWS])

    def median(self, row: int, figure: str) -> float:
        """The median of one figure over the rounds."""
        return float(statistics.median(getattr(one, figure) for one in self.rounds[row]))


def table(database: str, rounds: int, seconds: float) -> str:
    """Measure both sizes in turn, round by round; the figures as Markdown.

    Raises:
        VoidRunError: an answer was not 200, or the load was the bottleneck.
    """
    with (
        open_world(database) as little,
        open_world(database) as much,
        open_server(little, "ours", LIST) as one,
        open_server(much, "ours", LIST) as other,
    ):
        small = Side(one, _requests(little, one, _SMALL))
        large = Side(other, _requests(much, other, _LARGE))
        for _, row, side in itertools.product(range(rounds), range(len(_ROWS)), (small, large)):
            side.rounds[row].append(run_round(side.server, side.requests[row], seconds))
    lines = [
        "| request finds | among | CPU µs | p50 ms | among | CPU µs | p50 ms | CPU | p50 |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    return "\n".join(lines + [_line(row, small, large) for row in range(len(_ROWS))])


def _requests(world: World, server: Server, size: Size) -> list[list[bytes]]:
    """Fill the workspace; what to ask it, in the order of the table."""
    add_brands(world, size.brands - BRANDS)
    tokens = add_keys(world, size.keys, min(size.keys, _LOOKED_UP_KEYS))
    cached = list(tokens)[: min(_CACHED_KEYS, size.keys // 2)]
    looked_up = [key_id for key_id in tokens if key_id not in cached]
    for key_id in looked_up:
        # Under this mark the gate trusts no record: every request asks the database.
        world.redis.set(keys.mark_name(key_id), 1)
    cursor = _cursor(server, world.token, size.brands // 2)
    return [
        [get(LIST, world.token)],
        [get(f"{LIST}&cursor={cursor}", world.token)],
        [get(WORKSPACE, tokens[key_id]) for key_id in cached],
        [get(WORKSPACE, tokens[key_id]) for key_id in looked_up],
    ]


def _cursor(server: Server, token: str, depth: int) -> str:
    """Walk so many brands down the list; where the next page starts."""
    start = f"http://127.0.0.1:{server.port}/v1/brands?limit={_PAGE}"
    url = start
    for _ in range(depth // _PAGE):
        _, page = call(url, token)
        url = f"{start}&cursor={page['next_cursor']}"
    return url.rpartition("=")[2]


def _line(row: int, small: Side, large: Side) -> str:
    title, counted = list(_ROWS.items())[row]
    cells = [title]
    for side, size in ((small, _SMALL), (large, _LARGE)):
        cells.append(f"{getattr(size, counted):,} {counted}")
        cells.append(f"{side.median(row, 'cpu') * 1e6:.0f}")
        cells.append(f"{side.median(row, 'p50') * 1e3:.2f}")
    cells += [
        f"{large.median(row, figure) / small.median(row, figure):.2f}" for figure in ("cpu", "p50")
    ]
    return f"| {' | '.join(cells)} |"
