"""The audit log: who did what from where, in the action's transaction, and for good."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import DBAPIError

from anthyx_server import audit, db
from tests.support.apps import Account


def entries(app: Flask) -> list[audit.AuditEntry]:
    with app.app_context():
        query = sa.select(audit.AuditEntry).order_by(audit.AuditEntry.id)
        return list(db.db.session.scalars(query))


def test_an_entry_says_who_what_and_from_where(account: Account) -> None:
    made = account.post(
        "/api-keys",
        json={"name": "New"},
        headers={"X-Request-Id": "mine"},
        environ_overrides={"REMOTE_ADDR": "192.0.2.7"},
    )
    entry = entries(account.app)[-1]
    assert made.json is not None
    assert (entry.action, entry.target_type, entry.target_id) == (
        "api_key.created",
        "api_key",
        made.json["id"],
    )
    assert entry.actor == {"type": "api_key", "id": account.key_id, "name": "A key"}
    assert (entry.address, entry.request_id) == ("192.0.2.7", "mine")
    assert (entry.workspace_id, entry.mode) == (account.workspace_id, "live")
    assert entry.detail["name"] == "New"
    assert made.json["secret"] not in str(entry.detail)


def test_an_action_that_fails_leaves_no_entry(account: Account) -> None:
    def act() -> None:
        with account.app.app_context(), db.transaction():
            audit.record(account.caller, "thing.done", "thing", "thing_1")
            raise LookupError

    before = len(entries(account.app))
    with pytest.raises(LookupError):
        act()
    assert len(entries(account.app)) == before


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_entries SET action = 'nothing'", "DELETE FROM audit_entries"]
)
def test_the_database_itself_refuses_to_change_it(account: Account, statement: str) -> None:
    before = [(entry.id, entry.action) for entry in entries(account.app)]
    assert before
    with (
        account.app.app_context(),
        db.db.engine.connect() as connection,
        pytest.raises(DBAPIError, match="append-only"),
    ):
        connection.exec_driver_sql(statement)
    assert [(entry.id, entry.action) for entry in entries(account.app)] == before


def test_postgresql_refuses_to_empty_it(postgresql_url: str) -> None:
    engine = sa.create_engine(postgresql_url)
    with engine.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
        connection.exec_driver_sql("TRUNCATE audit_entries")
    engine.dispose()
