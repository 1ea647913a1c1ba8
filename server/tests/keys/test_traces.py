"""What actions on keys leave behind: audit entries that stay as they are, events, no secret."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import DBAPIError

from anthyx_server import db, events
from anthyx_server.audit import AuditEntry
from anthyx_server.events import Event
from anthyx_server.keys import ApiKey
from server.tests.keys.answers import audit_of, document, events_of, problem
from tests.support.apps import Account, make_account


def rows(app: Flask) -> tuple[int, ...]:
    """How many keys, audit entries and events there are."""
    with app.app_context():
        return tuple(
            db.db.session.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in (ApiKey, AuditEntry, Event)
        )


def test_every_action_is_told_with_who_did_it_and_from_where(account: Account) -> None:
    headers = {"X-Request-Id": "my-request", "Idempotency-Key": "once"}
    origin = {"REMOTE_ADDR": "192.0.2.7"}
    made = document(
        account.post(
            "/api-keys", json={"name": "Zapier"}, headers=headers, environ_overrides=origin
        ),
        201,
    )
    token = made.pop("secret")
    (event,) = events_of(account.app, made["id"])
    actor = {"type": "api_key", "id": account.key_id, "name": "A key"}
    assert event == {
        "id": event["id"],
        "type": "api_key.created",
        "api_version": "2026-11-01",
        "created_at": event["created_at"],
        "workspace_id": account.workspace_id,
        "brand_id": None,
        "mode": "live",
        "actor": actor,
        "request": {"id": "my-request", "idempotency_key": None},
        "subject": {"type": "api_key", "id": made["id"]},
        "data": {"object": made, "previous": None, "truncated": False},
    }
    (entry,) = audit_of(account.app, made["id"])
    assert (entry.action, entry.target_type) == ("api_key.created", "api_key")
    assert (entry.actor, entry.address) == (actor, "192.0.2.7")
    assert (entry.workspace_id, entry.mode) == (account.workspace_id, "live")
    assert (entry.request_id, entry.detail) == ("my-request", {"name": "Zapier"})
    assert token not in str(events_of(account.app))


def test_each_verb_leaves_an_entry_and_its_event(account: Account) -> None:
    key = account.with_key()
    path = f"/api-keys/{key.key_id}"
    assert account.patch(path, json={"name": "New"}).status_code == 200
    successor = document(account.post(f"{path}/rotate"), 201)
    assert account.delete(path).status_code == 204
    assert [entry.action for entry in audit_of(account.app, key.key_id)] == [
        "api_key.created",
        "api_key.updated",
        "api_key.revoked",
    ]
    assert [event["type"] for event in events_of(account.app, key.key_id)] == [
        "api_key.created",
        "api_key.revoked",
    ]
    (rotated,) = events_of(account.app, successor["id"])
    assert rotated["type"] == "api_key.rotated"
    written = "".join(str(event) for event in events_of(account.app))
    for token in (account.token, key.token, successor["secret"]):
        assert token not in written
        assert token[12:] not in written


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET action = 'nothing'",
        "UPDATE audit_entries SET detail = detail WHERE id = :id",
        "DELETE FROM audit_entries",
        "DELETE FROM audit_entries WHERE id = :id",
    ],
)
def test_the_database_refuses_to_change_an_entry(account: Account, statement: str) -> None:
    (before,) = audit_of(account.app, account.key_id)
    with account.app.app_context(), pytest.raises(DBAPIError, match="append-only"):
        db.db.session.execute(sa.text(statement), {"id": before.id})
    (after,) = audit_of(account.app, account.key_id)
    assert (after.id, after.action) == (before.id, "api_key.created")


def test_an_entry_cannot_be_replaced_or_truncated(account: Account) -> None:
    with account.app.app_context():
        statement = (
            "INSERT OR REPLACE INTO audit_entries SELECT * FROM audit_entries"
            if db.is_sqlite(db.db.engine)
            else "TRUNCATE audit_entries"
        )
        with pytest.raises(DBAPIError, match="append-only"):
            db.db.session.execute(sa.text(statement))
    assert len(audit_of(account.app, account.key_id)) == 1


def test_an_action_that_fails_leaves_no_trace(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = account.with_key()
    path = f"/api-keys/{key.key_id}"
    before = rows(account.app)

    def fail(*_: object, **__: object) -> None:
        # The entry and the event are in the transaction by now.
        db.db.session.flush()
        raise RuntimeError("out of order")

    with events.published.connected_to(fail):
        for answer in (
            account.post("/api-keys", json={"name": "New"}),
            account.post(f"{path}/rotate"),
            account.delete(path),
        ):
            problem(answer, 500, "internal_error")
    monkeypatch.setattr("anthyx_server.keys.service.end_rights", fail)
    problem(account.patch(path, json={"name": "New"}), 500, "internal_error")
    assert rows(account.app) == before
    assert document(account.get(path))["version"] == 1
    assert key.get("/workspace").status_code == 200


def test_a_refused_action_leaves_no_trace(app: Flask) -> None:
    account = make_account(app, "free")
    for _ in range(4):
        account.with_key()
    before = rows(app)
    problem(account.post("/api-keys", json={"name": "6th"}), 403, "plan_limit_reached")
    problem(account.post("/api-keys", json={"name": ""}), 422, "validation_failed")
    refused = account.post(f"/api-keys/{account.key_id}/rotate", json={"overlap_seconds": 0})
    problem(refused, 422, "overlap_required")
    assert rows(app) == before
