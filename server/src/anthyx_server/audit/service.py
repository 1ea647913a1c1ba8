"""Adding to the audit log."""

from __future__ import annotations

from typing import Any

from anthyx_server import clock
from anthyx_server.audit.models import AuditEntry
from anthyx_server.db import db
from anthyx_server.ids import new_id
from anthyx_server.tenancy import Caller


def record(caller: Caller, action: str, target_type: str, target_id: str, **detail: Any) -> None:
    """Note an action in the transaction that carries it out; `detail` must hold no secret."""
    db.session.add(
        AuditEntry(
            id=new_id("aud"),
            workspace_id=caller.workspace_id,
            mode=caller.mode,
            action=action,
            actor=caller.actor.as_dict(),
            target_type=target_type,
            target_id=target_id,
            detail=detail,
            address=caller.address,
            request_id=caller.request_id,
            created_at=clock.now(),
        )
    )
