"""Redis: reachable, safe, and of a kind that limits can rely on."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import redis
from redis.exceptions import AuthenticationError, RedisError

from anthyx_server import clock
from anthyx_server.checks.findings import Finding, clocks, is_here, ok, problem, warning
from anthyx_server.config import Settings

_TIMEOUT_SECONDS = 5
# Scripts that read the time and then write.
_OLDEST = (6, 2)


def check_redis(settings: Settings) -> list[Finding]:
    """Everything about Redis."""
    return [*_way(settings.redis_url), *_server(settings)]


def _way(redis_url: str) -> list[Finding]:
    url = urlsplit(redis_url)
    if url.scheme == "unix" or is_here(url.hostname or ""):
        return []
    found = []
    if url.scheme != "rediss":
        found.append(problem("ANTHYX_REDIS_URL is on another machine without TLS: use rediss://"))
    if not url.password:
        found.append(problem("ANTHYX_REDIS_URL is on another machine without a password"))
    return found


def _server(settings: Settings) -> list[Finding]:
    try:
        with redis.Redis.from_url(
            settings.redis_url, socket_timeout=_TIMEOUT_SECONDS, retry=None
        ) as client:
            seconds, microseconds = client.time()
            ours = clock.unix_seconds()
            about: dict[str, Any] = client.info()
    except AuthenticationError:
        return [problem("Redis refuses the password: see ANTHYX_REDIS_URL")]
    except RedisError as error:
        if settings.is_embedded_redis:
            return [warning("the embedded Redis does not run: serve starts it")]
        name = type(error).__name__
        return [problem(f"Redis does not answer ({name}): see ANTHYX_REDIS_URL")]
    found = [
        *_version(about),
        *_memory(about),
        *clocks("Redis", int(seconds) + int(microseconds) / 1e6, ours),
    ]
    return found or [ok(f"Redis answers ({about.get('redis_version')})")]


def _version(about: dict[str, Any]) -> list[Finding]:
    version = str(about.get("redis_version", ""))
    numbers = tuple(int(each) for each in re.findall(r"\d+", version)[:2])
    if numbers >= _OLDEST:
        return []
    return [problem(f"Redis {version} is too old: {'.'.join(map(str, _OLDEST))} is the oldest")]


def _memory(about: dict[str, Any]) -> list[Finding]:
    found = []
    if about.get("maxmemory_policy") != "noeviction":
        found.append(problem("Redis may evict limits and jobs: set maxmemory-policy noeviction"))
    if not about.get("aof_enabled"):
        found.append(
            warning("Redis forgets limits and usage when it is restarted: set appendonly yes")
        )
    if about.get("role") not in {None, "master"}:
        found.append(problem("ANTHYX_REDIS_URL is a replica's: set the primary's"))
    return found
