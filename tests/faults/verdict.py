"""What became of every event at every endpoint, by what is on record and what was received."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime

from tests.faults.receiver import Receipt

Pair = tuple[str, str]  # an endpoint's id and an event's


@dataclass(frozen=True)
class Recorded:
    """One delivery as the database has it at the end."""

    status: str
    attempts_made: int
    attempts: tuple[Attempted, ...] = ()

    @property
    def interrupted(self) -> int:
        """How many of its attempts were cut off, so that nobody knows how they ended."""
        return sum(attempt.error_code == "interrupted" for attempt in self.attempts)

    @property
    def timed_out(self) -> int:
        """How many of its attempts had no answer in time, which may have come after it."""
        return sum(attempt.error_code == "timeout" for attempt in self.attempts)


@dataclass(frozen=True)
class Attempted:
    """One attempt on record."""

    number: int
    started_at: datetime
    error_code: str | None


@dataclass
class Verdict:
    """What must all be empty: promises that were broken, with whom it happened to."""

    missing: list[Pair] = field(default_factory=list)
    unfinished: list[Pair] = field(default_factory=list)
    unrecorded_attempts: list[Pair] = field(default_factory=list)
    succeeded_but_not_received: list[Pair] = field(default_factory=list)
    never_committed: list[Pair] = field(default_factory=list)
    sent_again_without_cause: list[Pair] = field(default_factory=list)

    def broken(self) -> dict[str, int]:
        """How often each promise was broken; empty is what we want."""
        counts = {each.name: len(getattr(self, each.name)) for each in fields(self)}
        return {name: count for name, count in counts.items() if count}


def judge(
    event_ids: Iterable[str],
    deliveries: Mapping[Pair, Recorded],
    receipts: Mapping[str, Iterable[Receipt]],
) -> Verdict:
    """Compare: `event_ids` were committed, `receipts` are by endpoint id."""
    verdict = Verdict()
    committed = set(event_ids)
    for endpoint_id, arrived in receipts.items():
        accepted = Counter(each.event_id for each in arrived if each.status < 300)
        seen = {each.event_id for each in arrived}
        verdict.never_committed += [(endpoint_id, each) for each in sorted(seen - committed)]
        for event_id in sorted(committed):
            pair = (endpoint_id, event_id)
            _judge_pair(verdict, pair, deliveries.get(pair), accepted[event_id])
    return verdict


def _judge_pair(verdict: Verdict, pair: Pair, found: Recorded | None, accepted: int) -> None:
    if found is None:
        verdict.missing.append(pair)
        return
    if found.status not in {"succeeded", "dead"}:
        verdict.unfinished.append(pair)
    numbers = sorted(attempt.number for attempt in found.attempts)
    if numbers != list(range(1, found.attempts_made + 1)):
        verdict.unrecorded_attempts.append(pair)
    if found.status == "succeeded" and not accepted:
        verdict.succeeded_but_not_received.append(pair)
    # What was cut off or answered too late may have arrived: only that may be sent once more.
    if accepted - 1 > found.interrupted + found.timed_out:
        verdict.sent_again_without_cause.append(pair)


def longest_takeover(deliveries: Iterable[Recorded]) -> float:
    """The longest time between an attempt that was cut off and the next one, in seconds."""
    waits = [0.0]
    for delivery in deliveries:
        attempts = sorted(delivery.attempts, key=lambda attempt: attempt.number)
        waits += [
            (later.started_at - earlier.started_at).total_seconds()
            for earlier, later in itertools.pairwise(attempts)
            if earlier.error_code == "interrupted"
        ]
    return max(waits)


def slowest_without_redis(
    made_at: Mapping[str, float],
    receipts: Iterable[Receipt],
    away: Iterable[tuple[float, float]],
) -> float | None:
    """The longest time from an event to its first receipt while Redis was away, in seconds.

    `made_at` are Unix seconds, by event id; None where nothing was made meanwhile.
    """
    first: dict[str, float] = defaultdict(lambda: float("inf"))
    for receipt in receipts:
        first[receipt.event_id] = min(first[receipt.event_id], receipt.at)
    windows = list(away)
    waits = [
        first[event_id] - moment
        for event_id, moment in made_at.items()
        if any(began <= moment < ended for began, ended in windows)
    ]
    return max(waits, default=None)
