"""The command: one run under faults, told as it goes; exits with 1 where a promise was broken."""

from __future__ import annotations

import argparse
import secrets
import sys

from tests.faults.chaos import Plan
from tests.faults.run import run


def main() -> None:
    """Run as the arguments say."""
    options = _options()
    plan = Plan(
        events=options.events,
        seed=options.seed,
        worker_kills=options.kills,
        web_kills=options.kills // 3,
        publisher_kills=options.kills // 3,
        flushes=3,
        database_restarts=3,
        redis_outages=1,
        redis_outage_seconds=options.redis_outage,
    )
    report = run(options.database, plan, options.per_second, _tell)
    _tell(*report.lines())
    sys.exit(1 if report.broken else 0)


def _tell(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.flush()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="nox -s faults --", description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="postgresql")
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--per-second", type=float, default=200, help="events, as a bound")
    parser.add_argument("--kills", type=int, default=12, help="of workers; a third of the others")
    parser.add_argument("--redis-outage", type=float, default=30.0, help="seconds without Redis")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10_000))
    return parser.parse_args()


if __name__ == "__main__":
    main()
