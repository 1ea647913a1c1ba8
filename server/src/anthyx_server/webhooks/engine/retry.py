"""When a failed delivery is tried again, and what becomes of one after an attempt; no input/output.

The schedule holds the waits between attempts, so there is one attempt more than it has entries.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

JITTER = 0.2
MOST_RETRY_AFTER_SECONDS = 86_400.0

# Triggers of a single attempt, which somebody asked for.
ASKED = frozenset({"manual", "test"})

# A process that ends in the middle of an attempt costs the delivery none of its schedule, until it
# looks as if the delivery itself ended the process.
MOST_ATTEMPTS_GIVEN_BACK = 100
# So often it keeps its place in the line of its endpoint; from then on the others go first.
MOST_TIMES_FIRST = 3

_random = secrets.SystemRandom()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a delivery is after an attempt; None as `next_attempt_at` ends it for now.

    `is_completed` says that it ended at this attempt: the time of the end is to be written.
    `is_given_back` says that the attempt does not count in the schedule; with None as
    `next_attempt_at`, the next one is due when this one was.
    """

    status: str
    trigger: str
    next_attempt_at: datetime | None
    is_completed: bool = False
    is_given_back: bool = False


# Nearly all verdicts; making one takes longer than the rest of the judgment.
_SUCCEEDED = {
    following: Verdict("succeeded", following, None, is_completed=True)
    for following in ("automatic", "recovery")
}


def wait_seconds(wait: float, retry_after: float | None, chance: float | None = None) -> float:
    """A wait of the schedule with up to a fifth on top, or what the receiver asked for, if longer.

    `chance` is in 0 to 1; by default it is random.
    """
    share = _random.random() if chance is None else chance
    floor = min(retry_after or 0.0, MOST_RETRY_AFTER_SECONDS)
    return max(wait * (1 + JITTER * share), floor)


def judge(
    schedule: Sequence[float],
    delivery: tuple[str, str, int, int, str | None],
    now: datetime,
    *,
    is_success: bool,
    is_final: bool = False,
    is_interrupted: bool = False,
    retry_after: float | None = None,
) -> Verdict:
    """What becomes of a delivery after an attempt.

    `delivery` is its status before, the trigger of the attempt, its attempts with this one, those
    of its round, and its recovery. `is_final` says that no further attempt could help,
    `is_interrupted` that nobody knows what came of this one.
    """
    status, trigger, attempts_made, round_attempts, recovery_id = delivery
    following = "automatic" if recovery_id is None else "recovery"
    if is_success:
        return _SUCCEEDED[following]
    if is_final or trigger == "test":
        return Verdict("dead", following, None, is_completed=True)
    if trigger == "manual" and status not in {"pending", "failed"}:
        # Somebody tried again what had ended: it stays what it was, but for what never began.
        ended = "dead" if status == "skipped" else status
        return Verdict(ended, following, None, is_completed=status == "skipped")
    if is_interrupted and trigger != "manual" and attempts_made <= MOST_ATTEMPTS_GIVEN_BACK:
        is_first = attempts_made - round_attempts < MOST_TIMES_FIRST
        return Verdict("failed", trigger, None if is_first else now, is_given_back=True)
    if round_attempts > len(schedule):
        return Verdict("dead", following, None, is_completed=True)
    if round_attempts == 0:
        # Only a manual attempt was made: the first of its own is still due.
        return Verdict(status, following, now)
    seconds = wait_seconds(schedule[round_attempts - 1], retry_after)
    return Verdict("failed", following, now + timedelta(seconds=seconds))
