"""What the worker does for the audit log: going on with the current encryption key."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from anthyx_server.audit.models import AuditHead
from anthyx_server.audit.service import chain_keys, is_intact, record
from anthyx_server.db import reader, transaction
from anthyx_server.queue import job
from anthyx_server.tenancy import system_caller

_BATCH = 200
_OLDER = (
    select(AuditHead.__table__)
    .where(
        AuditHead.workspace_id > bindparam("after_id"),
        AuditHead.encryption_key_id != bindparam("current"),
    )
    .order_by(AuditHead.workspace_id)
    .limit(_BATCH)
)


@job(every_seconds=60)
def go_on_with_current_key() -> None:
    """Note the change of key in every log whose newest entry was made with an older one.

    So that key is needed for verifying old entries only, also where nothing else happens. A head
    whose seal is broken stays as it is.
    """
    current, after_id = chain_keys().current, ""
    while heads := reader().rows(_OLDER, {"after_id": after_id, "current": current}):
        for head in heads:
            if is_intact(head):
                with transaction():
                    caller = system_caller(head.workspace_id, "live")
                    record(caller, "audit.key_changed", "workspace", head.workspace_id)
        after_id = heads[-1].workspace_id
