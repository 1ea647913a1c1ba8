"""Key records: what the gate needs of a key, cached in Redis for at most 5 s.

A record expires 5 s after the miss that led to it, and a change of a key leaves a mark for 6 s
under which records are neither used nor filled: so a slow reader, who may have read the database
before the change, can't bring back what the change has ended.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import bindparam, select

from anthyx_server import clock
from anthyx_server.keys.allowlist import pack
from anthyx_server.keys.models import ApiKey
from anthyx_server.reader import Reader
from anthyx_server.redis_link import RedisLink, RedisUnavailableError, Script
from anthyx_server.tenancy import Actor
from anthyx_server.workspaces import Workspace

LIFE_SECONDS = 5
MARK_SECONDS = 6


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key as a request needs it."""

    key_id: str
    workspace_id: str
    family_id: str
    mode: str
    actor: Actor
    scopes: frozenset[str]
    brand_ids: frozenset[str] | None
    auth_version: int


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key and its plan, as the database has them now."""

    packed: bytes
    key_id: str
    family_id: str
    workspace_id: str
    is_revoked: bool
    expires_at: int | None
    allowlist: str
    plan: str
    plan_version: int
    pepper_id: str


def redis_name(digest: str) -> str:
    """Where the record of a key is, by the digest under the current pepper."""
    return f"anthyx:key:{digest}"


@functools.lru_cache(maxsize=8192)
def unpack(packed: bytes) -> KeyRecord:
    """The record from its bytes; the same bytes are read once."""
    key_id, workspace, family, mode, name, scopes, brands, version = orjson.loads(packed)
    return KeyRecord(
        key_id=key_id,
        workspace_id=workspace,
        family_id=family,
        mode=mode,
        actor=Actor("api_key", key_id, name),
        scopes=frozenset(scopes),
        brand_ids=None if brands is None else frozenset(brands),
        auth_version=version,
    )


def find(reader: Reader, digests: dict[str, str]) -> StoredKey | None:
    """Look a token up by its digests under all peppers, in one statement."""
    rows = reader.rows(_BY_DIGEST, {"digests": list(digests.values())})
    return _stored(rows[0]) if rows else None


_BY_DIGEST = (
    select(
        ApiKey.id,
        ApiKey.workspace_id,
        ApiKey.family_id,
        ApiKey.mode,
        ApiKey.name,
        ApiKey.scopes,
        ApiKey.brand_ids,
        ApiKey.auth_version,
        ApiKey.ip_allowlist,
        ApiKey.expires_at,
        ApiKey.revoked_at,
        ApiKey.pepper_id,
        Workspace.plan,
        Workspace.plan_version,
    )
    .join(Workspace, Workspace.id == ApiKey.workspace_id)
    .where(ApiKey.digest.in_(bindparam("digests", expanding=True)))
)


def _stored(row: Any) -> StoredKey:
    return StoredKey(
        packed=orjson.dumps(list(row[:8])),
        key_id=row.id,
        family_id=row.family_id,
        workspace_id=row.workspace_id,
        is_revoked=row.revoked_at is not None,
        expires_at=None if row.expires_at is None else clock.milliseconds(row.expires_at),
        allowlist=pack(row.ip_allowlist),
        plan=row.plan,
        plan_version=row.plan_version,
        pepper_id=row.pepper_id,
    )


_MARK = Script(
    """
for _, name in ipairs(KEYS) do redis.call('SET', name, '1', 'PX', ARGV[1]) end
return 1
"""
)


def mark_name(key_id: str) -> str:
    """Where the mark of a change is."""
    return f"anthyx:changed:{key_id}"


def mark_changed(link: RedisLink, key_ids: list[str]) -> bool:
    """Make the gate look into the database for these keys; False where Redis can't be told."""
    try:
        link.run(_MARK, [mark_name(key_id) for key_id in key_ids], MARK_SECONDS * 1000)
    except RedisUnavailableError:
        return False
    return True
