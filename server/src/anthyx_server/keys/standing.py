"""Whether a key still stands: the judgment, the locks it needs, and making its end hold."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy import select

from anthyx_server import clock, db
from anthyx_server.keys.allowlist import allows, pack
from anthyx_server.keys.errors import ApiKeyExpired, ApiKeyRevoked, IpNotAllowed
from anthyx_server.keys.models import ApiKey
from anthyx_server.keys.records import LIFE_SECONDS, mark_changed
from anthyx_server.operations import require_scope
from anthyx_server.redis_link import RedisLink
from anthyx_server.tenancy import Caller

# A read that was let in before may leave up to 0.2 s later without a second look at its key;
# 0.1 s is allowed for what lies between a check and the first byte.
SETTLE_SECONDS = 0.3

JUDGED = (
    ApiKey.auth_version,
    ApiKey.revoked_at,
    ApiKey.expires_at,
    ApiKey.scopes,
    ApiKey.ip_allowlist,
)


def judge(row: Any, caller: Caller, scopes: Collection[str], moment: datetime) -> None:
    """Judge a key (the `JUDGED` columns of its row) for a request that was let in before.

    Raises:
        ApiKeyRevoked, ApiKeyExpired, IpNotAllowed, InsufficientScope: it no longer holds.
    """
    if row is None or row.revoked_at is not None:
        raise ApiKeyRevoked
    if row.expires_at is not None and row.expires_at <= moment:
        raise ApiKeyExpired
    if row.auth_version == caller.auth_version:
        return
    # Rights were taken away meanwhile: does what is left still allow this request?
    if not allows(pack(row.ip_allowlist), caller.address):
        raise IpNotAllowed(caller.address)
    require_scope(_with_rights_of(row, caller), *scopes)


def _with_rights_of(row: Any, caller: Caller) -> Caller:
    return caller._replace(scopes=caller.scopes & frozenset(row.scopes))


def lock_keys(
    caller: Caller, key_ids: Sequence[str], scope: str | None = "keys:write"
) -> tuple[Caller, dict[str, ApiKey]]:
    """Lock the keys that are to change and the acting one, in id order, and judge the acting one.

    Two keys that revoke each other would deadlock in any other order. The caller that is
    returned has the rights that its key has now.

    Raises:
        ApiKeyRevoked, ApiKeyExpired, IpNotAllowed, InsufficientScope: the acting key no longer
            holds.
    """
    wanted = {*key_ids, *([caller.key_id] if caller.key_id else [])}
    query = select(ApiKey).where(ApiKey.id.in_(wanted)).order_by(ApiKey.id).with_for_update()
    locked = db.db.session.scalars(query.execution_options(populate_existing=True))
    found = {key.id: key for key in locked}
    if caller.key_id is not None:
        acting = found.get(caller.key_id)
        judge(acting, caller, {scope} if scope else (), clock.now())
        caller = _with_rights_of(acting, caller)
        # Nobody else can change it before this transaction ends: the guard need not look again.
        db.db.session().info["locked_key"] = caller.key_id
    return caller, found


def end_rights(key_ids: list[str], *, wait: bool) -> None:
    """Once the open transaction has committed, make the change of these keys hold everywhere.

    With `wait` the caller is answered only when no request that was let in before can still be
    answered: 0.3 s after Redis was told, or, where it can't be, after all records' life. All
    keys of one transaction are settled together.
    """
    if not key_ids:
        return
    changes: dict[str, bool] = db.db.session().info.setdefault("changed_keys", {})
    if not changes:
        db.after_commit(_settle)
    changes.update({key_id: wait or changes.get(key_id, False) for key_id in key_ids})


def _settle() -> None:
    changes: dict[str, bool] = db.db.session().info.pop("changed_keys")
    link: RedisLink = current_app.extensions["anthyx_redis"]
    is_told = mark_changed(link, list(changes))
    if any(changes.values()):
        time.sleep(SETTLE_SECONDS + (0 if is_told else LIFE_SECONDS))
