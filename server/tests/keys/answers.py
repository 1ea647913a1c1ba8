"""Reading answers: what a test expects of them before it looks closer."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from anthyx_server import db
from anthyx_server.audit import AuditEntry
from anthyx_server.events import Event


def document(answer: TestResponse, status: int = 200) -> dict[str, Any]:
    """The JSON object of an answer with this status."""
    assert answer.status_code == status, answer.get_data(as_text=True)
    found = answer.get_json()
    assert isinstance(found, dict)
    return found


def problem(answer: TestResponse, status: int, code: str) -> dict[str, Any]:
    """The problem document of a refusal with this status and code."""
    assert answer.content_type == "application/problem+json"
    told = document(answer, status)
    assert told["code"] == code, told
    return told


def pointers(answer: TestResponse) -> set[str]:
    """Which parts of the body are said to be wrong."""
    return {entry["pointer"] for entry in problem(answer, 422, "validation_failed")["errors"]}


def events_of(app: Flask, subject: str | None = None) -> list[dict[str, Any]]:
    """The outbox, oldest first; with `subject` only what is about that id."""
    with app.app_context():
        bodies = db.db.session.scalars(select(Event.body).order_by(Event.id)).all()
    envelopes = [orjson.loads(body) for body in bodies]
    return [found for found in envelopes if subject in {None, found["subject"]["id"]}]


def audit_of(app: Flask, target: str) -> list[AuditEntry]:
    """What the audit log says of an id, oldest first."""
    query = select(AuditEntry).where(AuditEntry.target_id == target)
    with app.app_context():
        return list(db.db.session.scalars(query.order_by(AuditEntry.created_at, AuditEntry.id)))
