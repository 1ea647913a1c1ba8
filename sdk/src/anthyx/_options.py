"""The options of a client that can differ from call to call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ._retry import Retry
from .errors import APIError, ConfigurationError

RateLimitMode: TypeAlias = Literal["wait", "raise", "ignore"]
"""What to do when a window is used up: wait for the next, raise at once, or send regardless."""

Timeout: TypeAlias = float | tuple[float, float] | None
"""Seconds for connecting and for each read, or one number for both; None: no bound."""

DEFAULT_TIMEOUT = (5.0, 30.0)


@dataclass(frozen=True, slots=True)
class Wait:
    """A wait that is about to begin.

    Attributes:
        seconds: how long.
        reason: "rate_limit" before a request that no window has room for, "retry" after `error`.
        scope: the window that is used up, "minute" or "day"; None if it isn't about one.
        error: what made the try fail; None before a request.
    """

    seconds: float
    reason: Literal["rate_limit", "retry"]
    scope: str | None = None
    error: APIError | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """Checked options; raises ConfigurationError for values that can't work."""

    timeout: Timeout
    retry: Retry
    rate_limit: RateLimitMode
    on_wait: Callable[[Wait], object] | None

    def __post_init__(self) -> None:
        if any(bound is not None and not bound > 0 for bound in self.timeouts):
            raise ConfigurationError("timeout must be positive: seconds, (connect, read), or None")
        if self.rate_limit not in {"wait", "raise", "ignore"}:
            raise ConfigurationError("rate_limit is 'wait', 'raise' or 'ignore'")

    @property
    def timeouts(self) -> tuple[float | None, float | None]:
        """Seconds for connecting and for reading; None for no bound."""
        if isinstance(self.timeout, tuple):
            return self.timeout
        return self.timeout, self.timeout
