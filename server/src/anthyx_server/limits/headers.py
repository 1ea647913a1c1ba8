"""The rate-limit headers: X-RateLimit-* of the binding window, RateLimit fields of both."""

from __future__ import annotations

from anthyx_server.limits.windows import Admission


def rate_limit_headers(admission: Admission) -> list[tuple[str, str]]:
    """The headers of one answer (help page, "Rate limits"; IETF draft-ietf-httpapi-ratelimit)."""
    now = admission.now_ms
    binding = admission.binding
    policy = []
    state = []
    for window in admission.windows:
        policy.append(f'"{window.name}";q={window.limit};w={window.length_ms // 1000}')
        state.append(f'"{window.name}";r={window.remaining};t={window.seconds_left(now)}')
    return [
        ("X-RateLimit-Limit", str(binding.limit)),
        ("X-RateLimit-Remaining", str(binding.remaining)),
        ("X-RateLimit-Reset", str(binding.resets_at(now))),
        ("RateLimit-Policy", ", ".join(policy)),
        ("RateLimit", ", ".join(state)),
    ]
