"""The audit log: who did what in the workspace, from where."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from ._engine import Engine
from ._json import JSON
from ._models import Actor, Model, Resource
from ._pages import PageRequest, Pages


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditTarget(Model):
    """What was acted on, as an "api_key" with its id."""

    type: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry(Resource):
    """One action. `number` counts the workspace's entries of both modes; `hash` chains them."""

    id: str
    number: int
    action: str
    actor: Actor
    target: AuditTarget
    detail: dict[str, JSON] = field(hash=False)
    address: str | None
    request_id: str | None
    created_at: datetime
    hash: str


@dataclass(frozen=True, slots=True)
class AuditLog:
    """`client.audit_log`. Needs the scope audit:read. Each method can raise any APIError."""

    _engine: Engine

    def list(
        self,
        *,
        action: str | None = None,
        actor_id: str | None = None,
        target_type: str | None = None,
        target_id: str | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        limit: int | None = None,
        page_size: int | None = None,
        cursor: str | None = None,
    ) -> Pages[AuditEntry]:
        """The entries of the key's mode, newest first.

        Args:
            action: only this one, as "api_key.created".
            actor_id: only what this key or member did.
            target_type: only what was done to things of this type, as "api_key".
            target_id: only what was done to this one.
            created_after: aware; only entries of this moment or later.
            created_before: aware; only entries before this moment.
            limit: at most so many entries; None for all.
            page_size: how many to fetch per request, 1 to 100.
            cursor: `next_cursor` of an earlier page, to go on from there.
        """
        query = {
            "action": action,
            "actor_id": actor_id,
            "target_type": target_type,
            "target_id": target_id,
            "created_after": created_after,
            "created_before": created_before,
        }
        asked = PageRequest("/audit-log", query, limit, page_size, cursor)
        return Pages(self._engine, AuditEntry, asked)
