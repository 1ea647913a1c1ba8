"""The audit log: who did what, from where; rows are only ever added."""

from anthyx_server.audit.models import AuditEntry
from anthyx_server.audit.service import record

__all__ = ["AuditEntry", "record"]
