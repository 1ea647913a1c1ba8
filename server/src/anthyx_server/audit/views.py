"""An entry of the audit log as the API shows it: as JSON, and as a line of a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from anthyx_server.audit.models import AuditEntry
from anthyx_server.clock import rfc3339

# What `present_row` takes. JSON is parsed and written anew: what is shown is what is verified.
SHOWN_COLUMNS = (
    AuditEntry.id,
    AuditEntry.action,
    AuditEntry.actor,
    AuditEntry.target_type,
    AuditEntry.target_id,
    AuditEntry.detail,
    AuditEntry.address,
    AuditEntry.request_id,
    AuditEntry.created_at,
    AuditEntry.hash,
    AuditEntry.number,
)
_HEADER = (
    "id",
    "number",
    "created_at",
    "action",
    "actor_type",
    "actor_id",
    "actor_name",
    "target_type",
    "target_id",
    "detail",
    "address",
    "request_id",
    "hash",
)


def present_row(row: Any) -> dict[str, Any]:
    """A row of `SHOWN_COLUMNS` as customers see it."""
    return {
        "id": row.id,
        "number": row.number,
        "action": row.action,
        "actor": row.actor,
        "target": {"type": row.target_type, "id": row.target_id},
        "detail": row.detail,
        "address": row.address,
        "request_id": row.request_id,
        "created_at": rfc3339(row.created_at),
        "hash": row.hash,
    }


def as_table(page: dict[str, Any]) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
    """A page as a table, one line for each entry."""
    return _HEADER, (_line(entry) for entry in page["data"])


def _line(entry: dict[str, Any]) -> Sequence[Any]:
    nested = {f"{one}_{name}": entry[one].get(name) for one in ("actor", "target")
              for name in ("type", "id", "name")}  # fmt: skip
    return [nested[name] if name in nested else entry[name] for name in _HEADER]
