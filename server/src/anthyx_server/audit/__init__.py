"""The audit log: who did what, from where; rows are only ever added, and chained by hashes."""

from anthyx_server.audit.chain import ChainKeys
from anthyx_server.audit.listing import list_actions
from anthyx_server.audit.listing import list_page as list_entries
from anthyx_server.audit.models import AuditEntry
from anthyx_server.audit.schemas import ListAuditLogQuerySchema
from anthyx_server.audit.service import record, seal
from anthyx_server.audit.verification import (
    Verdict,
    Wrong,
    count_by_encryption_key,
    count_entries,
    count_heads_by_encryption_key,
    verify,
)
from anthyx_server.audit.views import as_table

__all__ = [
    "AuditEntry",
    "ChainKeys",
    "ListAuditLogQuerySchema",
    "Verdict",
    "Wrong",
    "as_table",
    "count_by_encryption_key",
    "count_entries",
    "count_heads_by_encryption_key",
    "list_actions",
    "list_entries",
    "record",
    "seal",
    "verify",
]
