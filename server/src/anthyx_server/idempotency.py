"""Idempotency keys: the stored answer commits with the write that it answers."""

from __future__ import annotations

import hmac
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import orjson
import sqlalchemy as sa
from flask import Response, current_app, g, request
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Mapped, mapped_column

from anthyx_server import clock, sealing
from anthyx_server.db import Base, OwnedByWorkspace, db, is_sqlite, transaction
from anthyx_server.errors import ApiError
from anthyx_server.inputs import invalid_header
from anthyx_server.queue import job
from anthyx_server.tenancy import Caller, owned

KEPT_FOR = timedelta(hours=24)
SECRET_KEPT_FOR = timedelta(minutes=15)
# A revocation holds everywhere 5.3 s after its commit at the latest.
SETTLED_AFTER = timedelta(seconds=6)
_VISIBLE = re.compile(r"[!-~]{1,255}")
# One request per process may wait for another's end: waiting must not use up the threads.
_waiter = threading.Semaphore(1)


class IdempotencyKeyReused(ApiError):
    """The key was used with another request."""

    status, code, title = 422, "idempotency_key_reused", "Idempotency key used before"


class IdempotencyInProgress(ApiError):
    """The first request with this key still runs."""

    status, code, title = 409, "idempotency_in_progress", "First request still runs"


class IdempotencySecretExpired(ApiError):
    """The stored answer held a secret, which is kept for 15 minutes only."""

    status, code, title = 409, "idempotency_secret_expired", "Secret no longer stored"


class IdempotencyCallerMismatch(ApiError):
    """The stored answer holds a secret that only the key which asked for it may see again."""

    status, code, title = 409, "idempotency_caller_mismatch", "Secret was another key's"


class IdempotencyRecord(OwnedByWorkspace, Base):
    """A stored 2xx answer; the key and the request are kept as HMACs only."""

    __tablename__ = "idempotency_records"

    workspace_id: Mapped[str] = mapped_column(sa.ForeignKey("workspaces.id"), primary_key=True)
    mode: Mapped[str] = mapped_column(sa.String(4), primary_key=True)
    key_hmac: Mapped[bytes] = mapped_column(primary_key=True)
    fingerprint: Mapped[bytes]
    caller_key_id: Mapped[str | None]
    status: Mapped[int]
    headers: Mapped[dict[str, str]]
    body: Mapped[bytes]
    sealed_secret: Mapped[bytes | None]
    has_secret: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(index=True)


class Slot:
    """The place of one request's answer; `stored` is set where it was answered before."""

    def __init__(self, caller: Caller, key: str) -> None:
        self._caller = caller
        self._key = key
        self._secret_key: bytes = current_app.extensions["anthyx_secret_key"]
        self._key_hmac = self._hmac(b"key", key.encode())
        target = f"{request.method} {request.full_path}".encode()
        # A key of some brands must not be told what another one was: to it, it is another request.
        brands = ",".join(sorted(caller.brand_ids or ())).encode()
        body = request.get_data(cache=True)
        self._fingerprint = self._hmac(b"request", brands, target, body)
        self.stored: Response | None = None

    @property
    def lock_number(self) -> int:
        """A signed 64-bit number for PostgreSQL's advisory lock."""
        scope = f"{self._caller.workspace_id}.{self._caller.mode}".encode()
        return int.from_bytes(self._hmac(b"lock", scope, self._key_hmac)[:8], "big", signed=True)

    def find(self, *, settles_revocation: bool) -> None:
        """Look for the stored answer of this key.

        Raises:
            IdempotencyKeyReused: it answers another request.
            IdempotencySecretExpired: its secret is gone.
            IdempotencyCallerMismatch: its secret is another key's to see.
        """
        record: IdempotencyRecord | None = db.session.scalar(
            owned(IdempotencyRecord, self._caller).where(
                IdempotencyRecord.key_hmac == self._key_hmac
            )
        )
        if record is not None and clock.now() - record.created_at >= KEPT_FOR:
            db.session.delete(record)
            db.session.flush()
            record = None
        if record is None:
            return
        if not hmac.compare_digest(record.fingerprint, self._fingerprint):
            raise IdempotencyKeyReused(
                "This Idempotency-Key was used for another request: make a new one."
            )
        body = self._with_secret(record) if record.has_secret else record.body
        self.stored = Response(body, status=record.status, headers=record.headers)
        self.stored.headers["Idempotency-Replayed"] = "true"
        self.stored.headers["Content-Type"] = "application/json"
        if not body:
            del self.stored.headers["Content-Type"]
        if settles_revocation:
            _await_settled(record.created_at)

    def keep(self, status: int, body: bytes, headers: dict[str, str], secret: str | None) -> None:
        """Store the answer in the open transaction; a secret is sealed, never in the clear."""
        sealed = None
        if secret is not None:
            document = orjson.loads(body)
            document.pop("secret")
            body = orjson.dumps(document)
            sealed = sealing.seal(self._sealing_key(), secret.encode(), self._key_hmac)
        db.session.add(
            IdempotencyRecord(
                workspace_id=self._caller.workspace_id,
                mode=self._caller.mode,
                key_hmac=self._key_hmac,
                fingerprint=self._fingerprint,
                caller_key_id=self._caller.key_id,
                status=status,
                headers=headers,
                body=body,
                sealed_secret=sealed,
                has_secret=secret is not None,
                created_at=clock.now(),
            )
        )

    def _with_secret(self, record: IdempotencyRecord) -> bytes:
        document: dict[str, Any] = orjson.loads(record.body)
        about = {"resource_id": document["id"]}
        if record.caller_key_id != self._caller.key_id:
            raise IdempotencyCallerMismatch(
                f"The answer holds the secret of {document['id']}, which only the key that "
                "asked for it can fetch again.",
                extra=about,
            )
        secret = None
        if record.sealed_secret and clock.now() - record.created_at < SECRET_KEPT_FOR:
            secret = sealing.unseal(self._sealing_key(), record.sealed_secret, self._key_hmac)
        if secret is None:
            raise IdempotencySecretExpired(
                f"The answer was given, but the secret of {document['id']} is stored with it for "
                "15 minutes only. Rotate that secret, or delete its owner and make another.",
                extra=about,
            )
        return orjson.dumps({**document, "secret": secret.decode()})

    def _sealing_key(self) -> bytes:
        """From the caller's token and the Idempotency-Key, neither of which is stored."""
        return sealing.derive_key(f"{g.token}\0{self._key}".encode(), b"idempotency")

    def _hmac(self, purpose: bytes, *parts: bytes) -> bytes:
        scope = f"{self._caller.workspace_id}.{self._caller.mode}".encode()
        text = b"\0".join([b"idempotency", purpose, scope, *parts])
        return hmac.digest(self._secret_key, text, "sha256")


@contextmanager
def slot(caller: Caller | None, *, settles_revocation: bool) -> Iterator[Slot | None]:
    """Hold the request's idempotency key for one transaction; None where it has none.

    Raises:
        ValidationFailed: the header isn't 1 to 255 visible ASCII characters.
        IdempotencyInProgress: the first request with the key runs on for more than 5 s, or
            another request waits for it already.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None or caller is None:
        yield None
        return
    if not _VISIBLE.fullmatch(key):
        raise invalid_header("Idempotency-Key", "Must be 1 to 255 visible ASCII characters.")
    held = Slot(caller, key)
    _lock(held)
    held.find(settles_revocation=settles_revocation)
    yield held


def _lock(held: Slot) -> None:
    """Let one transaction at a time work on a key; SQLite's BEGIN IMMEDIATE does so anyway."""
    session = db.session()
    if is_sqlite(session.connection()):
        return
    number = held.lock_number
    if session.scalar(select(sa.func.pg_try_advisory_xact_lock(number))):
        return
    if not _waiter.acquire(blocking=False):
        raise _in_progress()
    try:
        session.execute(select(sa.func.pg_advisory_xact_lock(number)))  # at most lock_timeout
    except OperationalError:
        raise _in_progress() from None
    finally:
        _waiter.release()


def _in_progress() -> IdempotencyInProgress:
    return IdempotencyInProgress(
        "The first request with this Idempotency-Key is still running.",
        headers={"Retry-After": "1"},
    )


def _await_settled(created_at: datetime) -> None:
    remaining = created_at + SETTLED_AFTER - clock.now()
    if timedelta(0) < remaining <= SETTLED_AFTER:
        db.session.rollback()
        time.sleep(remaining.total_seconds())


@job(every_seconds=60)
def forget_old_records() -> None:
    """Erase secrets after 15 minutes and records after 24 hours."""
    moment = clock.now()
    with transaction():
        db.session.execute(
            sa.update(IdempotencyRecord)
            .where(
                IdempotencyRecord.sealed_secret.is_not(None),
                IdempotencyRecord.created_at <= moment - SECRET_KEPT_FOR,
            )
            .values(sealed_secret=None)
        )
        db.session.execute(
            sa.delete(IdempotencyRecord).where(IdempotencyRecord.created_at <= moment - KEPT_FOR)
        )
