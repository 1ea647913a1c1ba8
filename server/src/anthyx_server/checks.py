"""What `anthyx-server check` looks at."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

import redis
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from anthyx_server import channels, db, keys
from anthyx_server.app import opened
from anthyx_server.config import Settings


def run(settings: Settings) -> list[str]:
    """Every problem that is found, in words; an empty list where there is none."""
    return [*_proxies(settings), *_redis(settings), *_database(settings)]


def _proxies(settings: Settings) -> list[str]:
    if not settings.require_https or settings.trusted_proxies:
        return []
    problem = "HTTPS is required but no proxy is trusted to say so: every request is redirected. "
    return [problem + "Set ANTHYX_TRUSTED_PROXIES and ANTHYX_TRUSTED_PROXY_HOPS"]


def _redis(settings: Settings) -> list[str]:
    url = urlsplit(settings.redis_url)
    problems = []
    if url.scheme != "unix" and not _is_here(url.hostname or ""):
        if url.scheme != "rediss":
            problems.append("ANTHYX_REDIS_URL is on another machine without TLS: use rediss://")
        if not url.password:
            problems.append("ANTHYX_REDIS_URL is on another machine without a password")
    try:
        with redis.Redis.from_url(settings.redis_url, socket_timeout=5) as client:
            if client.info("memory").get("maxmemory_policy") != "noeviction":
                problems.append("Redis may evict limits and jobs: set maxmemory-policy noeviction")
    except RedisError as error:
        problems.append(f"Redis does not answer ({type(error).__name__}): see ANTHYX_REDIS_URL")
    return problems


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _database(settings: Settings) -> list[str]:
    try:
        with opened(settings):
            with db.db.engine.connect() as connection:
                found = MigrationContext.configure(connection).get_current_revision()
            newest = ScriptDirectory(str(db.MIGRATIONS)).get_current_head()
            if found != newest:
                return [f"the schema is at {found or 'nothing'}, not {newest}: run migrate"]
            made, sealed = keys.count_by_pepper(), channels.count_by_encryption_key()
            return [*_peppers(settings, made), *_encryption_keys(settings, sealed)]
    except (SQLAlchemyError, sa.exc.ArgumentError) as error:
        name = type(error).__name__
        return [f"the database does not answer ({name}): see ANTHYX_DATABASE_URL"]


def _peppers(settings: Settings, counts: dict[str, int]) -> list[str]:
    configured = {pepper.id for pepper in settings.key_peppers}
    return [
        f"pepper {name} is not in ANTHYX_KEY_PEPPERS but {count} keys were made with it"
        for name, count in counts.items()
        if name not in configured
    ]


def _encryption_keys(settings: Settings, counts: dict[str, int]) -> list[str]:
    configured = {key.id for key in settings.encryption_keys}
    return [
        f"encryption key {name} is not in ANTHYX_ENCRYPTION_KEYS but the credentials of {count} "
        "channels are sealed with it"
        for name, count in counts.items()
        if name not in configured
    ]
