"""Adding to the audit log: entries are noted as things are done, and chained before the commit."""

from __future__ import annotations

import hmac
import logging
from contextlib import suppress
from typing import Any

import orjson
from flask import current_app
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from anthyx_server import clock
from anthyx_server.audit.chain import START, ChainKeys
from anthyx_server.audit.models import AuditEntry, AuditHead
from anthyx_server.db import db
from anthyx_server.ids import new_id
from anthyx_server.tenancy import Caller

log = logging.getLogger(__name__)

_NOTED = "audit_entries"


def chain_keys() -> ChainKeys:
    """The keys of this application's chains."""
    keys: ChainKeys = current_app.extensions["anthyx_audit_keys"]
    return keys


def record(caller: Caller, action: str, target_type: str, target_id: str, **detail: Any) -> None:
    """Note an action in the transaction that carries it out; `detail` must hold no secret.

    Not inside of a savepoint: the note would outlive its being undone. A fraction in `detail`
    would not be the same after PostgreSQL has stored it, so its hash would not hold.

    Raises:
        TypeError: `detail` holds what JSON has no word for, or a fraction.
        RuntimeError: a savepoint is open.
    """
    session = db.session()
    if session.in_nested_transaction():
        raise RuntimeError("an action is noted in the transaction itself, not in a savepoint")
    # As it will be read again, times and tuples included.
    stored = orjson.loads(orjson.dumps(detail))
    _refuse_fractions(stored)
    actor = caller.actor.as_dict()
    entry = {
        "id": new_id("aud"),
        "workspace_id": caller.workspace_id,
        "mode": caller.mode,
        "action": action,
        "actor": actor,
        "actor_id": actor["id"],
        "target_type": target_type,
        "target_id": target_id,
        "detail": stored,
        "address": caller.address,
        "request_id": caller.request_id,
        "created_at": clock.now(),
    }
    session.info.setdefault(_NOTED, []).append(entry)


def _refuse_fractions(value: Any) -> None:
    if isinstance(value, float):
        raise TypeError("the detail of an audit entry can't hold a fraction")
    for inner in value.values() if isinstance(value, dict) else value:
        if isinstance(inner, dict | list | float):
            _refuse_fractions(inner)


def seal(session: Session) -> None:
    """Chain what the transaction has noted, as it is about to commit; connected to `concluding`.

    Each workspace's head stays locked until the commit, in the order of their ids. Nothing is
    locked after it, so nobody who holds it waits for anybody.
    """
    noted: list[dict[str, Any]] = session.info.pop(_NOTED, [])
    for workspace_id in sorted({entry["workspace_id"] for entry in noted}):
        _chain(session, workspace_id, [e for e in noted if e["workspace_id"] == workspace_id])


def _chain(session: Session, workspace_id: str, entries: list[dict[str, Any]]) -> None:
    keys = chain_keys()
    head = _lock_head(session, workspace_id)
    number, last_hash = head.number, head.hash
    for entry in entries:
        number += 1
        entry |= {"number": number, "encryption_key_id": keys.current}
        last_hash = entry["hash"] = keys.hash_of(entry, last_hash)
    session.execute(insert(AuditEntry), entries)
    values = {"number": number, "hash": last_hash}
    if is_intact(head):
        made = keys.seal_of(keys.current, workspace_id, number, last_hash)
        values |= {"encryption_key_id": keys.current, "seal": made}
    else:
        # A new seal would hide that somebody has been there: the broken one stays.
        log.error("audit: the head of %s was changed by somebody else: run audit verify", head[0])
    session.execute(update(AuditHead).where(AuditHead.workspace_id == workspace_id).values(values))


def _lock_head(session: Session, workspace_id: str) -> Any:
    """The head's row, locked until the transaction ends; it is made for the first entry."""
    table = AuditHead.__table__
    query = select(table).where(AuditHead.workspace_id == workspace_id).with_for_update()
    head = session.execute(query).first()
    if head is not None:
        return head
    key_id = chain_keys().current
    # A transaction beside this one may make it first; it has committed then.
    with suppress(IntegrityError), session.begin_nested():
        session.execute(
            insert(AuditHead).values(
                workspace_id=workspace_id,
                number=0,
                hash=START,
                encryption_key_id=key_id,
                seal=chain_keys().seal_of(key_id, workspace_id, 0, START),
            )
        )
    return session.execute(query).one()


def is_intact(head: Any) -> bool:
    """True where a head's row carries the seal that belongs to it."""
    if head.encryption_key_id not in chain_keys():
        return False
    expected = chain_keys().seal_of(
        head.encryption_key_id, head.workspace_id, head.number, head.hash
    )
    return hmac.compare_digest(expected.encode(), head.seal.encode())
