"""Finding, counting and locking keys."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select

from anthyx_server import clock
from anthyx_server.db import db
from anthyx_server.keys.advice import LEAK_SHOWN
from anthyx_server.keys.errors import ApiKeyRevoked
from anthyx_server.keys.models import EXPIRY_NOTICE, ApiKey
from anthyx_server.keys.standing import lock_keys
from anthyx_server.tenancy import Caller, one, owned
from anthyx_server.workspaces import Workspace, WorkspaceNotFoundError, lock_workspace


def find(caller: Caller, key_id: str) -> ApiKey:
    """One key of the caller's workspace and mode, revoked ones included.

    Raises:
        NotFound: there is none.
    """
    return one(ApiKey, owned(ApiKey, caller).where(ApiKey.id == key_id), "API key", key_id)


def filtered(caller: Caller, status: str | None) -> Select[Any]:
    """Select the caller's keys, of one status where it is given; the id is the last column."""
    query = owned(ApiKey, caller, ApiKey, ApiKey.id)
    moment = clock.now()
    is_soon = ApiKey.superseded_by.is_not(None) | (ApiKey.expires_at <= moment + EXPIRY_NOTICE)
    conditions: dict[str, list[ColumnElement[bool]]] = {
        "revoked": [ApiKey.revoked_at.is_not(None)],
        "expired": [ApiKey.revoked_at.is_(None), ApiKey.expires_at <= moment],
        "expiring": [ApiKey.revoked_at.is_(None), ApiKey.expires_at > moment, is_soon],
        "active": [
            ApiKey.revoked_at.is_(None),
            ApiKey.expires_at.is_(None) | ((ApiKey.expires_at > moment) & ~is_soon),
        ],
    }
    return query if status is None else query.where(*conditions[status])


def shown_together(caller: Caller) -> Select[Any]:
    """Select the keys of the caller's workspace that its members look after; the id comes last.

    Of both modes, as the plan counts them: those in force, and those that leaked not long ago.
    """
    leaked_lately = (ApiKey.revoked_reason == "leaked") & (
        ApiKey.revoked_at > clock.now() - LEAK_SHOWN
    )
    columns: tuple[Any, ...] = (ApiKey, ApiKey.id)
    is_shown = and_(*_in_force()) | leaked_lately
    return select(*columns).where(ApiKey.workspace_id == caller.workspace_id, is_shown)


def find_in_either_mode(caller: Caller, key_id: str) -> tuple[Caller, ApiKey]:
    """One key of the caller's workspace, and the caller in the key's mode.

    Raises:
        NotFound: there is none.
    """
    query = select(ApiKey).where(ApiKey.workspace_id == caller.workspace_id, ApiKey.id == key_id)
    key = one(ApiKey, query, "API key", key_id)
    return caller._replace(mode=key.mode), key


def list_keys(workspace_id: str) -> list[ApiKey]:
    """All keys of a workspace, of both modes, oldest first, for the operator."""
    query = select(ApiKey).where(ApiKey.workspace_id == workspace_id).order_by(ApiKey.id)
    return list(db.session.scalars(query))


def list_made_by(workspace_id: str, actor_id: str) -> list[ApiKey]:
    """The keys of a workspace that somebody made and that are in force, oldest first."""
    moment = clock.now()
    return [
        key
        for key in list_keys(workspace_id)
        if key.created_by["id"] == actor_id and key.is_in_force(moment)
    ]


def count_in_force(workspace_id: str) -> int:
    """How many keys count towards the plan's cap: in force, of both modes, not replaced."""
    query = (
        select(func.count())
        .select_from(ApiKey)
        .where(
            ApiKey.workspace_id == workspace_id,
            ApiKey.superseded_by.is_(None),
            *_in_force(),
        )
    )
    return db.session.scalar(query) or 0


def count_by_pepper() -> dict[str, int]:
    """How many keys were hashed with each pepper; those whose time is over need none."""
    query = select(ApiKey.pepper_id, func.count()).where(*_in_force()).group_by(ApiKey.pepper_id)
    return dict(db.session.execute(query).all())


def _in_force() -> tuple[ColumnElement[bool], ...]:
    is_ongoing = ApiKey.expires_at.is_(None) | (ApiKey.expires_at > clock.now())
    return (ApiKey.revoked_at.is_(None), is_ongoing)


def lock_home(caller: Caller) -> Workspace:
    """Lock the caller's workspace, before any of its keys: a key can't be made while it is closed.

    Raises:
        ApiKeyRevoked: it was closed, and all its keys with it.
        WorkspaceNotFoundError: the same, where no key acts.
    """
    try:
        return lock_workspace(caller.workspace_id)
    except WorkspaceNotFoundError:
        if caller.key_id is None:
            raise
        raise ApiKeyRevoked from None


def lock_one(caller: Caller, key_id: str) -> tuple[Caller, ApiKey]:
    """Find one key and lock it together with the acting one; the caller as that stands now.

    Raises:
        NotFound: there is no such key in this workspace and mode.
    """
    caller, locked = lock_keys(caller, [find(caller, key_id).id])
    return caller, locked[key_id]


def lock_any(key_id: str) -> ApiKey | None:
    """Lock a key of any workspace, for the operator; None where there is none."""
    return db.session.scalar(select(ApiKey).where(ApiKey.id == key_id).with_for_update())
