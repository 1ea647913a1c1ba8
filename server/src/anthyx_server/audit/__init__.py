"""The audit log: who did what, from where; rows are only ever added, and chained by hashes."""

from anthyx_server.audit.chain import ChainKeys
from anthyx_server.audit.models import AuditEntry
from anthyx_server.audit.service import record, seal
from anthyx_server.audit.verification import (
    Verdict,
    Wrong,
    count_by_encryption_key,
    count_entries,
    count_heads_by_encryption_key,
    verify,
)

__all__ = [
    "AuditEntry",
    "ChainKeys",
    "Verdict",
    "Wrong",
    "count_by_encryption_key",
    "count_entries",
    "count_heads_by_encryption_key",
    "record",
    "seal",
    "verify",
]
