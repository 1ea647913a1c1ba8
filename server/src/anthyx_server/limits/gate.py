"""The gate: who calls, may they still, and both windows, in one round trip to Redis."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blinker import Signal

from anthyx_server import clock, keys
from anthyx_server.addresses import hexadecimal
from anthyx_server.errors import Unavailable
from anthyx_server.keys import KeyRecord, StoredKey
from anthyx_server.limits.fallback import FallbackWindows
from anthyx_server.limits.windows import Admission, windows
from anthyx_server.plans import PLANS
from anthyx_server.reader import Reader
from anthyx_server.redis_link import RedisLink, RedisUnavailableError, Script

# Sent for each request that is judged while Redis is away.
judged_without_redis = Signal()

NEW_DIGESTS = "anthyx:new_digests"
_SCRIPT = Script((Path(__file__).parent / "gate.lua").read_text(encoding="utf-8"))
_NO_KEY = ("", "", "", "", "", "", "", "", "", "", "", "")
_LOOKUP_WAIT_SECONDS = 5


@dataclass(frozen=True)
class Gate:
    """What one process needs to judge requests."""

    link: RedisLink
    reader: Reader
    hasher: keys.Hasher
    fallback: FallbackWindows
    lookups: threading.BoundedSemaphore

    def admit(self, token: str, address: str | None, cost: int) -> tuple[KeyRecord, Admission]:
        """Judge one request and consume its windows, or refuse.

        Raises:
            InvalidApiKey, ApiKeyRevoked, ApiKeyExpired, IpNotAllowed: the key doesn't hold.
            Unavailable: the database is needed and busy.
        """
        name = keys.redis_name(self.hasher.digest(token))
        arguments = (cost, hexadecimal(address) if address else "", address or "")
        try:
            answer = self.link.run(_SCRIPT, [name], *arguments, _new_epoch(), *_NO_KEY)
            if answer[0] == b"miss":
                stored = self._find(token)
                known = _as_arguments(stored, answer[1], answer[2])
                # A new proposal: were Redis emptied meanwhile, the first would be the epoch again.
                answer = self.link.run(_SCRIPT, [name], *arguments, _new_epoch(), *known)
        except RedisUnavailableError:
            return self._admit_without_redis(token, address, cost)
        return _judge(answer, address)

    def _find(self, token: str) -> StoredKey:
        with self._lookup():
            stored = keys.find(self.reader, self.hasher.digests(token))
        if stored is None:
            raise keys.InvalidApiKey
        if stored.pepper_id != self.hasher.current:
            self._note_new_digest(stored.key_id, token)
        return stored

    def _note_new_digest(self, key_id: str, token: str) -> None:
        """Leave the digest under the current pepper for the batch that rewrites the row."""
        with suppress(RedisUnavailableError):
            value = f"{self.hasher.current} {self.hasher.digest(token)}"
            self.link.call("HSET", NEW_DIGESTS, key_id, value)

    @contextmanager
    def _lookup(self) -> Iterator[None]:
        """At most 4 look-ups at once: unknown tokens must not occupy the database."""
        if not self.lookups.acquire(timeout=_LOOKUP_WAIT_SECONDS):
            raise Unavailable("Too many keys are being looked up.")
        try:
            yield
        finally:
            self.lookups.release()

    def _admit_without_redis(
        self, token: str, address: str | None, cost: int
    ) -> tuple[KeyRecord, Admission]:
        judged_without_redis.send()
        stored = self._find(token)
        now_ms = clock.milliseconds(clock.now())
        if stored.is_revoked:
            raise keys.ApiKeyRevoked
        if stored.expires_at is not None and stored.expires_at <= now_ms:
            raise keys.ApiKeyExpired
        if not keys.allows(stored.allowlist, address):
            raise keys.IpNotAllowed(address)
        plan = PLANS[stored.plan]
        admission = self.fallback.admit(
            stored.family_id, plan.requests_per_minute, plan.requests_per_day, cost, now_ms
        )
        return keys.unpack(stored.packed), admission


def _new_epoch() -> str:
    return secrets.token_hex(8)


def _as_arguments(stored: StoredKey, asked_at: int, epoch: bytes) -> tuple[Any, ...]:
    plan = PLANS[stored.plan]
    return (
        asked_at,
        epoch,
        stored.packed,
        stored.key_id,
        stored.family_id,
        stored.workspace_id,
        "1" if stored.is_revoked else "",
        "" if stored.expires_at is None else stored.expires_at,
        stored.allowlist,
        stored.plan_version,
        plan.requests_per_minute,
        -1 if plan.requests_per_day is None else plan.requests_per_day,
    )


def _judge(answer: list[Any], address: str | None) -> tuple[KeyRecord, Admission]:
    verdict: bytes = answer[0]
    if verdict == b"revoked":
        raise keys.ApiKeyRevoked
    if verdict == b"expired":
        raise keys.ApiKeyExpired
    if verdict == b"ip":
        raise keys.IpNotAllowed(address)
    _, now_ms, packed, *counted = answer
    seen = windows(tuple(counted[:3]), tuple(counted[3:]))
    refused_by = None if verdict == b"ok" else verdict.decode()
    return keys.unpack(packed), Admission(now_ms, seen, refused_by)
