"""`/v1/audit-log`."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from anthyx_server.audit import listing, schemas, views
from anthyx_server.operations import InsufficientScope, Reply, operation
from anthyx_server.tenancy import Caller

blueprint = Blueprint("audit-log", __name__)


@operation(
    blueprint,
    "GET",
    "/audit-log",
    scope="audit:read",
    query=schemas.ListAuditLogQuerySchema,
    returns=schemas.AuditEntrySchema(),
    is_list=True,
    csv=views.as_table,
)
def list_audit_log(caller: Caller, query: dict[str, Any]) -> Reply:
    """List what was done in the workspace, newest first; as CSV with Accept: text/csv.

    A key sees entries of its own mode. A key that is restricted to brands sees none.
    """
    if caller.brand_ids is not None:
        raise InsufficientScope(
            "The audit log is the whole workspace's: a key that is restricted to brands can't "
            "read it.",
            extra={"required_scopes": ["audit:read"]},
        )
    return Reply(listing.list_page(caller, query))
