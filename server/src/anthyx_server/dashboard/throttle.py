"""How often somebody may try a password: per address and per account, counted in Redis."""

from __future__ import annotations

import hashlib
import hmac

from flask import current_app

from anthyx_server.redis_link import RedisLink, RedisUnavailableError

# Of failures, within so many seconds.
_PER_ACCOUNT, _PER_SOURCE, _SECONDS = 10, 50, 900


def is_throttled(source: str, email: str) -> bool:
    """True where so much failed that nothing is looked at for a while; never without Redis."""
    link: RedisLink = current_app.extensions["anthyx_redis"]
    try:
        counts = [link.call("GET", key) for key in _keys(source, email)]
    except RedisUnavailableError:
        return False
    limits = (_PER_SOURCE, _PER_ACCOUNT)
    return any(int(count or 0) >= most for count, most in zip(counts, limits, strict=True))


def note_failure(source: str, email: str) -> None:
    """Count a failure."""
    link: RedisLink = current_app.extensions["anthyx_redis"]
    try:
        for key in _keys(source, email):
            if int(link.call("INCR", key)) == 1:
                link.call("EXPIRE", key, _SECONDS)
    except RedisUnavailableError:
        return


def _keys(source: str, email: str) -> tuple[str, str]:
    """No address of a person is kept: only what the server's key makes of it."""
    secret: bytes = current_app.extensions["anthyx_secret_key"]
    account = hmac.new(secret, b"sign-in\0" + email.encode(), hashlib.sha256).hexdigest()
    return f"anthyx:signin:source:{source}", f"anthyx:signin:account:{account}"
