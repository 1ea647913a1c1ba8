"""Rate limits: the gate before every request, its windows, and what was used of them."""

from anthyx_server.limits.authentication import init_gate
from anthyx_server.limits.gate import judged_without_redis
from anthyx_server.limits.limiter import (
    RateLimitExceededError,
    exceeded,
    init_limiter,
    limit_uncounted,
)
from anthyx_server.limits.plan_changes import announce_plan

__all__ = [
    "RateLimitExceededError",
    "announce_plan",
    "exceeded",
    "init_gate",
    "init_limiter",
    "judged_without_redis",
    "limit_uncounted",
]
