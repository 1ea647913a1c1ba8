"""Who acts, in which workspace and mode, and the one way to select what a workspace owns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Select, bindparam, select
from sqlalchemy.orm import InstrumentedAttribute

from anthyx_server.db import OwnedByWorkspace, db
from anthyx_server.errors import NotFound

_Row = TypeVar("_Row", bound=OwnedByWorkspace)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something, as events and resources show it."""

    type: str
    id: str | None
    name: str

    def as_dict(self) -> dict[str, str | None]:
        """`{type, id, name}`."""
        return {"type": self.type, "id": self.id, "name": self.name}


class Caller(NamedTuple):
    """On whose behalf code runs: a workspace and mode, what is allowed, and from where.

    `brand_ids` None means every brand; `key_id` and `auth_version` are those of the API key
    that was presented, None where a command or a job acts.
    """

    workspace_id: str
    mode: str
    actor: Actor
    scopes: frozenset[str]
    brand_ids: frozenset[str] | None = None
    key_id: str | None = None
    auth_version: int | None = None
    address: str | None = None
    request_id: str | None = None
    idempotency_key: str | None = None
    family_id: str | None = None


def system_caller(workspace_id: str, mode: str, name: str = "anthyx-server") -> Caller:
    """The operator's program or a job, acting in a workspace."""
    return Caller(workspace_id, mode, Actor("system", None, name), frozenset())


def owned(
    entity: type[OwnedByWorkspace],
    caller: Caller,
    *columns: InstrumentedAttribute[Any] | ColumnElement[Any] | type[OwnedByWorkspace],
) -> Select[Any]:
    """Select rows (or only some columns) that the caller's workspace owns in its mode."""
    return select(*(columns or (entity,))).where(
        entity.workspace_id == caller.workspace_id, entity.mode == caller.mode
    )


def owned_by_tenant(entity: type[OwnedByWorkspace], *columns: ColumnElement[Any]) -> Select[Any]:
    """As `owned`, for a query that is built once and run with the parameters of `tenant`."""
    return select(*columns).where(
        entity.workspace_id == bindparam("tenant_id"), entity.mode == bindparam("tenant_mode")
    )


def tenant(caller: Caller) -> dict[str, Any]:
    """The parameters that an `owned_by_tenant` query needs."""
    return {"tenant_id": caller.workspace_id, "tenant_mode": caller.mode}


def one(_entity: type[_Row], query: Select[Any], noun: str, row_id: str) -> _Row:
    """The one row that a scoped query finds; `noun` and id are what a caller is told is missing.

    Raises:
        NotFound: there is none.
    """
    found: _Row | None = db.session.scalar(query)
    if found is None:
        raise NotFound(f"There is no {noun} {row_id[:64]} here.")
    return found


def locked(query: Select[Any]) -> Select[Any]:
    """The query with its rows locked until the transaction ends, and read anew."""
    return query.with_for_update().execution_options(populate_existing=True)
