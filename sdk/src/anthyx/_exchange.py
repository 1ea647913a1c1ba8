"""One call from the first try to its answer, as steps that something else carries out. No I/O here.

A driver takes the steps one by one and leaves their results on them; a driver that awaits
instead of blocking needs nothing else from this module.
"""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator
from datetime import datetime, timedelta, timezone
from typing import NamedTuple, TypeAlias

from ._answers import describe, read
from ._clock import Timekeeper
from ._options import Options, Wait
from ._pacing import Delay, Pacer, Slot
from ._rate_limit import NO_RATE_LIMIT
from ._redact import redact
from ._response import APIResponse
from ._retry import repeats_loss, repeats_status
from ._wire import Failure, Reply, Request, Timeouts
from .errors import (
    APIError,
    APITimeoutError,
    Attempt,
    AuthenticationError,
    Problem,
    RateLimitError,
)

_logger = logging.getLogger("anthyx")
_LOGGED_WAIT_SECONDS = 1.0


class Authorize:
    """Fill in the key: the current one, or another if that one was `refused`."""

    __slots__ = ("key", "refused")

    def __init__(self, refused: str | None = None) -> None:
        self.refused = refused
        self.key = ""


class Send:
    """Send the request within these times, and fill in the outcome."""

    __slots__ = ("key", "outcome", "request", "timeouts")

    outcome: Reply | Failure

    def __init__(self, request: Request, key: str, timeouts: Timeouts) -> None:
        self.request = request
        self.key = key
        self.timeouts = timeouts


class Pause(NamedTuple):
    """Let this many seconds pass."""

    seconds: float


Step: TypeAlias = Authorize | Send | Pause


class _Failed(NamedTuple):
    error: APIError
    again: bool  # whether another try is allowed, if there are tries and time left
    cause: BaseException | None


class Exchange:
    """A call in progress; once its steps are exhausted, `answer` is there."""

    answer: APIResponse

    def __init__(
        self,
        request: Request,
        options: Options,
        pacer: Pacer,
        clock: Timekeeper,
        *,
        renewable: bool,
    ) -> None:
        self._request = request
        self._options = options
        self._pacer = pacer
        self._clock = clock
        self._renewable = renewable
        self._attempts: list[Attempt] = []
        self._tries = 0
        self._slot = Slot()
        deadline = options.retry.deadline
        self._ends = None if deadline is None else clock.monotonic() + deadline

    def steps(self) -> Generator[Step, None, None]:
        """What to do next, again and again. Close it when a step can't be carried out.

        Raises:
            APIError: the call failed for good.
        """
        try:
            yield from self._steps()
        finally:
            if self._slot.held:
                self._pacer.give_back(self._slot, NO_RATE_LIMIT, self._clock.monotonic())

    def _steps(self) -> Iterator[Step]:
        authorize = Authorize()
        yield authorize
        while True:
            yield from self._hold_back()
            send = Send(self._request, authorize.key, self._timeouts())
            failed = yield from self._try(send)
            if failed is None:
                return
            if isinstance(failed.error, AuthenticationError) and self._renewable:
                self._renewable = False
                authorize = Authorize(refused=send.key)
                yield authorize
                if authorize.key != send.key:
                    continue
            yield from self._before_retry(failed)

    def _try(self, send: Send) -> Generator[Step, None, _Failed | None]:
        started, started_at = self._clock.monotonic(), self._clock.time()
        yield send
        now = self._clock.monotonic()
        failed = self._judge(send.outcome, now)
        self._tries += 1
        self._record(failed, started_at, now - started)
        return failed

    def _judge(self, outcome: Reply | Failure, now: float) -> _Failed | None:
        if isinstance(outcome, Failure):
            self._pacer.give_back(self._slot, NO_RATE_LIMIT, now)
            again = repeats_loss(outcome.loss, repeatable=self._request.repeatable)
            return _Failed(outcome.error, again, outcome.cause)
        info = describe(outcome)
        self._pacer.give_back(self._slot, info.rate_limit, now)
        result = read(outcome, info)
        if isinstance(result, APIResponse):
            self.answer = result
            return None
        again = repeats_status(info.status, result.code, repeatable=self._request.repeatable)
        if isinstance(result, RateLimitError) and self._options.rate_limit == "raise":
            again = False
        return _Failed(result, again, None)

    def _record(self, failed: _Failed | None, started_at: float, elapsed: float) -> None:
        number, request = self._tries, self._request
        if failed is not None:
            error = failed.error
            moment = datetime.fromtimestamp(started_at, timezone.utc)
            self._attempts.append(
                Attempt(
                    number,
                    moment,
                    elapsed,
                    error.status,
                    error.code,
                    error.request_id,
                    error.args[0],
                )
            )
        if _logger.isEnabledFor(logging.DEBUG):
            info = failed.error.response if failed else self.answer.response
            _logger.debug(
                "%s %s: %s in %.0f ms (try %d, request %s)",
                request.method,
                redact(request.path),
                info.status if info else "no answer",
                elapsed * 1000,
                number,
                info.request_id if info else None,
            )

    def _hold_back(self) -> Iterator[Step]:
        """Wait until the windows have room, or raise RateLimitError if the options say so."""
        mode = self._options.rate_limit
        if mode == "ignore" or not self._request.counted:
            return
        while True:
            now = self._clock.monotonic()
            delay = (
                self._pacer.take(self._slot, now) if mode == "wait" else self._pacer.exhausted(now)
            )
            if delay is None:
                return
            if delay.window is None:
                self._timeouts()
                yield Pause(delay.seconds)
            elif mode == "raise" or self._too_long(delay.seconds):
                raise self._finished(self._used_up(delay))
            else:
                yield from self._pause(Wait(delay.seconds, "rate_limit", delay.window))

    def _used_up(self, delay: Delay) -> RateLimitError:
        at = datetime.fromtimestamp(self._clock.time(), timezone.utc)
        detail = (
            f"The {delay.window}'s limit of {delay.limit} requests is used up; "
            f"requests pass again in {delay.seconds:.0f} s."
        )
        problem = Problem(429, "rate_limit_exceeded", detail, retry_after=delay.seconds)
        return RateLimitError(
            detail,
            problem,
            scope=delay.window,
            limit=delay.limit,
            retry_at=at + timedelta(seconds=delay.seconds),
        )

    def _before_retry(self, failed: _Failed) -> Iterator[Step]:
        """Wait for the next try, or raise the error if there is to be none."""
        error, retry = failed.error, self._options.retry
        seconds = retry.wait(max(1, self._tries), error.retry_after or 0.0, self._clock.random())
        if not failed.again or self._tries >= retry.attempts or self._too_long(seconds):
            raise self._finished(error) from failed.cause
        scope = error.scope if isinstance(error, RateLimitError) else None
        yield from self._pause(Wait(seconds, "retry", scope, error))

    def _pause(self, wait: Wait) -> Iterator[Step]:
        if wait.seconds > _LOGGED_WAIT_SECONDS:
            why = f"the {wait.scope} window is used up" if wait.scope else wait.error
            method, path = self._request.method, redact(self._request.path)
            _logger.warning("Waiting %.1f s before %s %s: %s", wait.seconds, method, path, why)
        if self._options.on_wait is not None:
            self._options.on_wait(wait)
        yield Pause(wait.seconds)

    def _too_long(self, seconds: float) -> bool:
        late = self._ends is not None and self._clock.monotonic() + seconds >= self._ends
        return late or seconds > self._options.retry.max_wait

    def _timeouts(self) -> Timeouts:
        """The timeouts of a try that begins now; raises APITimeoutError past the deadline."""
        connect, read = self._options.timeouts
        if self._ends is None:
            return Timeouts(connect, read, None)
        left = self._ends - self._clock.monotonic()
        if left <= 0:
            raise self._finished(
                APITimeoutError("The call's deadline passed before an answer came.")
            )
        return Timeouts(min(connect or left, left), min(read or left, left), left)

    def _finished(self, error: APIError) -> APIError:
        error.attempts = tuple(self._attempts)
        return error
