"""Decides when a failed request is tried again, and after how long; sends and sleeps nothing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from typing import ClassVar

from .errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Retry:
    """How a client retries; `Retry.NONE` sends everything once.

    The wait before try n + 1 is random between 0 and min(cap, base · 2ⁿ⁻¹) seconds ("full
    jitter"), and never shorter than the server's Retry-After.

    Args:
        attempts: tries in all, the first one included; at least 1.
        base: upper bound of the first wait, in seconds.
        cap: upper bound of every wait that the server doesn't ask for, in seconds.
        max_wait: a longer wait than this, in seconds, is not made: the error is raised at once.
        deadline: seconds for the whole call with all its tries and waits; None for no bound.

    Raises:
        ConfigurationError: a value is out of range.
    """

    attempts: int = 4
    base: float = 0.5
    cap: float = 8.0
    max_wait: float = 60.0
    deadline: float | None = 120.0

    NONE: ClassVar[Retry]

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ConfigurationError("Retry: attempts must be at least 1")
        if not (self.base >= 0 and self.cap >= 0 and self.max_wait >= 0):
            raise ConfigurationError("Retry: base, cap and max_wait can't be negative")
        if self.deadline is not None and not self.deadline > 0:
            raise ConfigurationError("Retry: deadline must be positive, or None")

    def wait(self, tries: int, floor: float, chance: float) -> float:
        """Seconds to wait after that many tries.

        Args:
            tries: how many were made, at least 1.
            floor: what the server asked for, in seconds; 0 if it didn't.
            chance: from 0 up to 1, drawn at random.
        """
        ceiling = min(self.cap, self.base * 2.0 ** min(tries - 1, 64))
        return max(floor, chance * ceiling)


Retry.NONE = Retry(attempts=1)


class Loss(Enum):
    """Why there is no answer."""

    NOT_REACHED = "not reached"  # the request can't have had an effect
    ANSWER_LOST = "answer lost"  # it may have had one
    REFUSED = "refused"  # TLS and whatever a further try would only repeat


def repeats_loss(loss: Loss, *, repeatable: bool) -> bool:
    """Whether a request without an answer is sent again.

    Args:
        loss: why there is no answer.
        repeatable: whether sending it twice does no more than sending it once, by its method
            or its idempotency key.
    """
    return loss is Loss.NOT_REACHED or (loss is Loss.ANSWER_LOST and repeatable)


def repeats_status(status: int, code: str | None, *, repeatable: bool) -> bool:
    """Whether a request that got this status and error code is sent again."""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return code != "too_many_failed_attempts"
    if status == HTTPStatus.REQUEST_TIMEOUT or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return repeatable
    return status == HTTPStatus.CONFLICT and code == "idempotency_in_progress"
