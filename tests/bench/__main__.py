"""The command: prints the tables and, with `--save`, keeps them in docs/benchmarks.md."""

from __future__ import annotations

import argparse
import sys

from tests.bench import (
    deliveries,
    growth,
    isolation,
    post_growth,
    publishing,
    report,
    request_path,
    sdk,
    verifying,
)
from tests.bench.world import open_world


def main() -> None:
    """Measure as the arguments say."""
    options = _options()
    title = report.DATABASES[options.database]
    if options.sdk:
        title = "The SDK"
        text = sdk.table(options.rounds, options.seconds)
    elif options.verify:
        title, text = "Verifying a webhook", verifying.table(options.rounds)
    elif options.deliveries:
        title = f"Webhook deliveries on {title}"
        text = deliveries.table(options.database, options.rounds, options.count)
        text += "\n\n" + isolation.table(options.database)
    elif options.posts:
        title = f"{post_growth.COUNT:,} posts on {title}"
        text = post_growth.table(options.database, options.rounds)
    elif options.publishing:
        title = f"Publishing on {title}"
        text = publishing.table(options.database, options.rounds, options.seconds)
    elif options.growth:
        title = f"Growth on {title}"
        text = growth.table(options.database, options.rounds, options.seconds)
    else:
        title = f"Request path on {title}"
        with open_world(options.database) as world:
            text = request_path.table(request_path.measure(world, options.rounds, options.seconds))
    section = report.section(title, text, sys.argv[1:])
    sys.stdout.write(section)
    if options.save:
        report.save(title, section)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="nox -s bench --", description=__doc__)
    parser.add_argument("--database", choices=report.DATABASES, default="sqlite")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=3.0, help="of load per variant and round")
    parser.add_argument("--growth", action="store_true", help="few rows beside many, instead")
    parser.add_argument("--posts", action="store_true", help="both ends of lists of many posts")
    parser.add_argument("--publishing", action="store_true", help="commits with and without events")
    parser.add_argument("--sdk", action="store_true", help="the client beside its peers, instead")
    parser.add_argument("--verify", action="store_true", help="what the SDK's verify costs")
    parser.add_argument("--deliveries", action="store_true", help="webhooks, instead")
    parser.add_argument("--count", type=int, default=50_000, help="of deliveries in a deep backlog")
    parser.add_argument("--quick", action="store_true", help="3 rounds of 1 s")
    parser.add_argument("--save", action="store_true", help="keep the tables in docs/benchmarks.md")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds = 3, 1.0
    return options


if __name__ == "__main__":
    main()
