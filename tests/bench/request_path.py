"""The table of the request path: every variant in every round, medians over the rounds."""

from __future__ import annotations

import statistics
from contextlib import ExitStack
from dataclasses import dataclass, field

from tests.bench.load import VoidRunError, drive, get
from tests.bench.world import Server, World, open_server

_WARM_UP_SECONDS = 0.3
# A generator that is busier than this is what would be measured.
_MOST_OWN_CPU = 0.9
LIST = "/v1/brands?limit=10"
POSTS = "/v1/posts?limit=10"
WORKSPACE = "/v1/workspace"


@dataclass(frozen=True)
class Round:
    """One variant in one round: answers per second, seconds of CPU per answer, latencies."""

    rate: float
    cpu: float
    p50: float
    p99: float


@dataclass(frozen=True)
class Variant:
    """What one row of the table measures; its rounds are added as they are run."""

    title: str
    application: str
    path: str
    rounds: list[Round] = field(default_factory=list)

    def median(self, figure: str) -> float:
        """The median of one figure over the rounds."""
        return float(statistics.median(getattr(one, figure) for one in self.rounds))

    def rate_over(self, other: Variant) -> float:
        """The median over the rounds of this variant's rate by the other's."""
        pairs = zip(self.rounds, other.rounds, strict=True)
        return statistics.median(mine.rate / theirs.rate for mine, theirs in pairs)


def measure(world: World, rounds: int, seconds: float) -> list[Variant]:
    """Measure all variants in turn, round by round, so that the machine's moods hit all alike.

    Raises:
        VoidRunError: an answer was not 200, or the load was the bottleneck.
    """
    variants = [
        Variant("WSGI callable", "wsgi", "/"),
        Variant("bare Flask, JSON", "bare", "/"),
        Variant("naked view, written by hand", "by-hand", LIST),
        Variant("naked view of our query and presenter", "naked", LIST),
        Variant("stock, `GET /v1/brands?limit=10`", "stock", LIST),
        Variant("**ours, `GET /v1/brands?limit=10`**", "ours", LIST),
        Variant("naked view of our posts", "naked", POSTS),
        Variant("stock, `GET /v1/posts?limit=10`", "stock", POSTS),
        Variant("**ours, `GET /v1/posts?limit=10`**", "ours", POSTS),
        Variant("stock, `GET /v1/workspace`", "stock", WORKSPACE),
        Variant("**ours, `GET /v1/workspace`**", "ours", WORKSPACE),
    ]
    with ExitStack() as stack:
        paths = {variant.application: variant.path for variant in reversed(variants)}
        servers = {
            name: stack.enter_context(open_server(world, name, path))
            for name, path in paths.items()
        }
        for turn in range(rounds):
            shift = turn % len(variants)
            for variant in variants[shift:] + variants[:shift]:
                requests = [get(variant.path, world.token)]
                variant.rounds.append(run_round(servers[variant.application], requests, seconds))
    return variants


def run_round(server: Server, requests: list[bytes], seconds: float) -> Round:
    """Put a server under load with these requests in turn.

    Raises:
        VoidRunError: an answer was not 200, or the load was the bottleneck.
    """
    drive(server.port, requests, _WARM_UP_SECONDS)
    cpu = server.cpu_seconds()
    load = drive(server.port, requests, seconds)
    cpu = server.cpu_seconds() - cpu
    if load.own_cpu_seconds > _MOST_OWN_CPU * load.seconds:
        raise VoidRunError("the load generator was the bottleneck")
    return Round(load.rate, cpu / load.answers, load.percentile(50), load.percentile(99))


def table(variants: list[Variant]) -> str:
    """The figures as Markdown, with the ratios that are to be reached."""
    by_title = {(variant.application, variant.path): variant for variant in variants}
    bare = by_title["bare", "/"]
    lines = [
        "| variant | req/s | of bare Flask | of naked | of stock | CPU µs | p50 ms | p99 ms |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for variant in variants:
        of_peers = ["", ""]
        if variant.path != "/":
            naked = by_title.get(("naked", variant.path))
            stock = by_title["stock", variant.path]
            of_naked = f"{variant.rate_over(naked):.2f}" if naked else ""
            of_peers = [of_naked, f"{variant.rate_over(stock):.2f}"]
        cells = [
            variant.title,
            f"{variant.median('rate'):,.0f}",
            f"{variant.rate_over(bare):.2f}",
            *of_peers,
            f"{variant.median('cpu') * 1e6:.0f}",
            f"{variant.median('p50') * 1e3:.2f}",
            f"{variant.median('p99') * 1e3:.2f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, "", _verdict(by_title)])


def _verdict(by_title: dict[tuple[str, str], Variant]) -> str:
    ours, stock = by_title["ours", LIST], by_title["stock", LIST]
    posts = by_title["ours", POSTS]
    over_bare = by_title["ours", WORKSPACE].median("cpu") - by_title["bare", "/"].median("cpu")
    return (
        f"`GET /v1/brands?limit=10`: {ours.rate_over(stock):.2f}× stock, "
        f"{ours.rate_over(by_title['naked', LIST]):.2f} of the naked view of our own query, "
        f"{ours.rate_over(by_title['by-hand', LIST]):.2f} of the one written by hand. "
        f"`GET /v1/posts?limit=10`: {posts.rate_over(by_title['stock', POSTS]):.2f}× stock, "
        f"{posts.rate_over(by_title['naked', POSTS]):.2f} of the naked view of our own query. "
        f"`GET /v1/workspace`: {over_bare * 1e6:.0f} µs of CPU over bare Flask."
    )
