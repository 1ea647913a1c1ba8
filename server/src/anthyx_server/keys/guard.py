"""The second look at a key: before a write commits, and as a slow answer leaves."""

from __future__ import annotations

from flask import g, has_request_context
from sqlalchemy import select
from sqlalchemy.orm import Session

from anthyx_server import clock
from anthyx_server.db import reader
from anthyx_server.keys.models import ApiKey
from anthyx_server.keys.standing import JUDGED, judge
from anthyx_server.operations import required_scopes
from anthyx_server.tenancy import Caller


def guard_commit(session: Session) -> None:
    """Judge the request's key once more, in the transaction that is about to commit.

    FOR KEY SHARE conflicts with the FOR UPDATE of a revocation and with nothing else: either
    this transaction commits first, or it sees the key revoked.

    Raises:
        ApiKeyRevoked, ApiKeyExpired, IpNotAllowed, InsufficientScope: the key no longer holds.
    """
    caller: Caller | None = g.get("caller") if has_request_context() else None
    if caller is None or session.info.pop("locked_key", None) == caller.key_id:
        return
    query = select(*JUDGED).where(ApiKey.id == caller.key_id)
    row = session.execute(query.with_for_update(read=True, key_share=True)).first()
    judge(row, caller, required_scopes(), clock.now())


def look_again(caller: Caller) -> None:
    """Judge the request's key by the database, as an answer leaves.

    Raises:
        ApiKeyRevoked, ApiKeyExpired, IpNotAllowed, InsufficientScope: the key no longer holds.
    """
    rows = reader().rows(select(*JUDGED).where(ApiKey.id == caller.key_id))
    judge(rows[0] if rows else None, caller, required_scopes(), clock.now())
