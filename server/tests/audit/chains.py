"""Adding to a chain, reading it, and tampering with it by SQL alone."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Flask

from anthyx_server import audit, db
from anthyx_server.audit.models import AuditEntry, AuditHead
from anthyx_server.tenancy import Caller
from tests.support.apps import Account


def note(account: Account, *names: str, caller: Caller | None = None) -> None:
    """Record as many actions in one transaction."""
    with account.app.app_context(), db.transaction():
        for name in names:
            audit.record(caller or account.caller, "thing.done", "thing", name, of=name)


def entries(app: Flask, workspace_id: str) -> list[AuditEntry]:
    """The entries of a workspace, of both modes, in the order of the chain."""
    with app.app_context():
        query = sa.select(AuditEntry).where(AuditEntry.workspace_id == workspace_id)
        return list(db.db.session.scalars(query.order_by(AuditEntry.number)))


def head(app: Flask, workspace_id: str) -> AuditHead:
    """The head of a workspace's chain."""
    with app.app_context():
        return db.db.session.get_one(AuditHead, workspace_id)


def verdict(account: Account) -> audit.Verdict:
    """What verifying says of the account's workspace."""
    with account.app.app_context():
        return audit.verify(account.workspace_id)


def tamper(app: Flask, *statements: str, **parameters: Any) -> None:
    """Run SQL with the triggers out of the way, and numbers that need not be unique."""
    with app.app_context(), db.db.engine.begin() as connection:
        for disarm in _disarming(connection):
            connection.exec_driver_sql(disarm)
        for statement in statements:
            connection.execute(sa.text(statement), parameters)


def _disarming(connection: sa.Connection) -> list[str]:
    if not db.is_sqlite(connection):
        unique = "uq_audit_entries_workspace_id_number"
        return [
            "ALTER TABLE audit_entries DISABLE TRIGGER USER",
            "ALTER TABLE audit_heads DISABLE TRIGGER USER",
            f"ALTER TABLE audit_entries DROP CONSTRAINT IF EXISTS {unique}",
        ]
    query = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit_%'"
    names = connection.exec_driver_sql(query).scalars().all()
    return [f"DROP TRIGGER {name}" for name in names] + [
        "CREATE TABLE loose AS SELECT * FROM audit_entries",
        "DROP TABLE audit_entries",
        "ALTER TABLE loose RENAME TO audit_entries",
    ]
