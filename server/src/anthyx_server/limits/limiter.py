"""Flask-Limiter, fed by the gate: it is asked when the gate refuses, and raises the 429."""

from __future__ import annotations

import functools
import math
from contextlib import suppress
from typing import Any

from flask import Flask, Response, after_this_request, current_app, g, request
from flask_limiter import ApplicationLimit, Limiter, RateLimitExceeded
from flask_limiter.util import get_qualified_name
from limits import RateLimitItem, WindowStats
from limits.strategies import STRATEGIES, FixedWindowRateLimiter
from redis.exceptions import RedisError

from anthyx_server import clock
from anthyx_server.errors import ApiError, problem_response
from anthyx_server.limits.windows import Admission
from anthyx_server.operations import operation_of
from anthyx_server.redis_link import TIMEOUT_SECONDS

_STRATEGY = "anthyx-gate"
_PLAN_SCOPE = "plan"


class RateLimitExceededError(ApiError):
    """A window of the key's family is used up."""

    status, code, title = 429, "rate_limit_exceeded", "Rate limit exceeded"


class GateStrategy(FixedWindowRateLimiter):
    """Answers for the plan's limits from what the gate decided, for all others from storage."""

    def hit(self, item: RateLimitItem, *identifiers: str, cost: int = 1) -> bool:
        """False where the gate refused by this window; nothing is consumed here."""
        admission = _admission()
        if admission is None or identifiers[-1] != _PLAN_SCOPE:
            return super().hit(item, *identifiers, cost=cost)
        return admission.refused_by != item.GRANULARITY.name

    def test(self, item: RateLimitItem, *identifiers: str, cost: int = 1) -> bool:
        """As `hit`."""
        admission = _admission()
        if admission is None or identifiers[-1] != _PLAN_SCOPE:
            return super().test(item, *identifiers, cost=cost)
        return admission.refused_by != item.GRANULARITY.name

    def get_window_stats(self, item: RateLimitItem, *identifiers: str) -> WindowStats:
        """The gate's window of this limit."""
        admission = _admission()
        if admission is None or identifiers[-1] != _PLAN_SCOPE:
            return super().get_window_stats(item, *identifiers)
        window = next(w for w in admission.windows if w.name == item.GRANULARITY.name)
        return WindowStats(window.resets_at(admission.now_ms), window.remaining)


def _admission() -> Admission | None:
    admission: Admission | None = g.get("admission")
    return admission


def _plan_limits() -> str:
    """The limits of the request's plan, as Flask-Limiter writes them."""
    admission = _admission()
    if admission is None:
        return ""
    return ";".join(f"{window.limit} per {window.name}" for window in admission.windows)


def make_limiter(redis_url: str) -> Limiter:
    """The application's Flask-Limiter; it must be given to the app after the gate's hook."""
    STRATEGIES[_STRATEGY] = GateStrategy
    scheme = "redis+unix" if redis_url.startswith("unix:") else ""
    storage = redis_url.replace("unix", scheme, 1) if scheme else redis_url
    # Flask-Limiter hands these to redis-py, which takes fractions of a second.
    timeouts: dict[str, Any] = dict.fromkeys(
        ("socket_timeout", "socket_connect_timeout"), TIMEOUT_SECONDS
    )
    return Limiter(
        key_func=lambda: str(g.caller.key_id),
        application_limits=[ApplicationLimit(_plan_limits, scope=_PLAN_SCOPE)],
        strategy=_STRATEGY,
        storage_uri=storage,
        storage_options=timeouts,
        in_memory_fallback_enabled=True,
        headers_enabled=False,
        key_prefix="anthyx:limit",
    )


def _spare_the_settled(app: Flask, limiter: Limiter) -> None:
    """Pass over the hooks of Flask-Limiter where the gate let a request in: they cost as much.

    Must be called when they were registered last. The third one only empties what goes with the
    request's context anyway.
    """
    check = app.before_request_funcs[None].pop()
    finish = app.after_request_funcs[None].pop()
    app.teardown_request_funcs[None].pop()

    @functools.cache
    def has_own_limits(endpoint: str | None) -> bool:
        if endpoint is None:
            return False
        view = get_qualified_name(current_app.view_functions[endpoint])
        declared = limiter.limit_manager.decorated_limits(view)
        if request.blueprint is not None:
            declared += limiter.limit_manager.blueprint_limits(current_app, request.blueprint)
        return bool(declared)

    def before() -> Any:
        admission = _admission()
        is_allowed = admission is not None and admission.refused_by is None
        if is_allowed and not has_own_limits(request.endpoint):
            return None
        after_this_request(finish)
        if request.endpoint is None and admission is not None and not is_allowed:
            # Flask-Limiter passes over paths that no route answers.
            raise _by_the_gate(admission)
        return check()

    app.before_request(before)


def _by_the_gate(admission: Admission) -> RateLimitExceededError:
    window = admission.binding
    return exceeded(window.name, window.limit, admission.now_ms, window.ends_at)


def _by_the_route(limiter: Limiter, item: RateLimitItem) -> RateLimitExceededError:
    """The refusal of a limit that a route has beside the plan's."""
    now_ms = clock.milliseconds(clock.now())
    ends_at = now_ms + item.get_expiry() * 1000
    with suppress(RedisError):
        if limiter.current_limit is not None:
            ends_at = limiter.current_limit.reset_at * 1000
    return exceeded(item.GRANULARITY.name, item.amount, now_ms, ends_at)


def exceeded(window: str, limit: int, now_ms: int, ends_at: int) -> RateLimitExceededError:
    """The refusal of a window by its name; times are Unix milliseconds."""
    retry_after = max(1, math.ceil((ends_at - now_ms) / 1000))
    return RateLimitExceededError(
        f"{limit} requests per {window} are used up; the window ends in {retry_after} s.",
        headers={"Retry-After": str(retry_after)},
        extra={
            "window": window,
            "limit": limit,
            "retry_after": retry_after,
            "resets_at": clock.rfc3339(clock.from_milliseconds(ends_at)),
        },
    )


def init_limiter(app: Flask, redis_url: str) -> Limiter:
    """Register Flask-Limiter and how its refusals are told."""
    limiter = make_limiter(redis_url)
    limiter.init_app(app)
    _spare_the_settled(app, limiter)

    def on_exceeded(error: Any) -> Response:
        admission = _admission()
        if admission is not None and admission.refused_by is not None:
            return problem_response(_by_the_gate(admission))
        return problem_response(_by_the_route(limiter, error.limit.limit))

    app.register_error_handler(RateLimitExceeded, on_exceeded)
    return limiter


def limit_uncounted(app: Flask, limiter: Limiter, endpoint: str, amount: str) -> None:
    """Give the requests of an operation that don't count against the plan a window of their own.

    A key's family shares it. A request that does count is asked nothing of.
    """
    declared = operation_of(endpoint)
    if declared is None:
        raise LookupError(endpoint)
    own = limiter.limit(
        amount, key_func=lambda: str(g.caller.family_id), exempt_when=declared.counts
    )
    view: Any = app.view_functions[endpoint]
    app.view_functions[endpoint] = own(view)
