"""The outbox: what an event's envelope holds, and when it is written."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import orjson
import pytest
from flask import Flask

from anthyx_server import db, events
from anthyx_server.events.service import MAX_BODY_BYTES
from tests.support.apps import Account

SHOWN = {"id": "thing_1", "name": "ü"}


def publish(account: Account, shown: dict[str, Any], **options: Any) -> dict[str, Any]:
    with account.app.app_context(), db.transaction():
        row = events.publish(account.caller, "post.created", ("thing", "thing_1"), shown, **options)
        return {"row": row.id, **orjson.loads(row.body)}


def stored(app: Flask) -> dict[str, events.Event]:
    with app.app_context():
        return {row.id: row for row in db.db.session.query(events.Event)}


def test_the_envelope_is_the_documented_one(account: Account) -> None:
    options = {"previous": {"name": "u"}, "brand_id": "brand_1"}
    envelope = publish(account, SHOWN, **options)
    row = stored(account.app)[envelope.pop("row")]
    assert envelope == orjson.loads(row.body)
    assert re.fullmatch(r"evt_[0-9a-hjkmnp-tv-z]{26}", envelope["id"])
    assert datetime.fromisoformat(envelope["created_at"]) == row.created_at
    assert envelope == {
        "id": row.id,
        "type": "post.created",
        "api_version": "2026-11-01",
        "created_at": envelope["created_at"],
        "workspace_id": account.workspace_id,
        "brand_id": "brand_1",
        "mode": "live",
        "actor": {"type": "system", "id": None, "name": "anthyx-server"},
        "request": None,
        "subject": {"type": "thing", "id": "thing_1"},
        "data": {"object": SHOWN, "previous": {"name": "u"}, "truncated": False},
    }
    assert (row.workspace_id, row.mode, row.type, row.brand_id) == (
        account.workspace_id,
        "live",
        "post.created",
        "brand_1",
    )


def test_a_requests_event_names_the_key_and_the_request(account: Account) -> None:
    in_test_mode = account.with_key(mode="test", name="Robot")
    headers = {"X-Request-Id": "mine"}
    in_test_mode.post("/brands", json={"name": "Acme"}, headers=headers)
    (row,) = [each for each in stored(account.app).values() if each.type == "brand.created"]
    envelope = orjson.loads(row.body)
    assert row.mode == envelope["mode"] == "test"
    assert envelope["actor"] == {"type": "api_key", "id": in_test_mode.key_id, "name": "Robot"}
    assert envelope["request"] == {"id": "mine", "idempotency_key": None}
    assert envelope["brand_id"] == envelope["subject"]["id"] == envelope["data"]["object"]["id"]


def test_an_event_over_256_kib_is_cut_to_what_it_is_about(account: Account) -> None:
    envelope = publish(account, {**SHOWN, "text": ""}, previous={"name": "u"})
    envelope.pop("row")
    room = MAX_BODY_BYTES - len(orjson.dumps(envelope))
    just_fits = publish(account, {**SHOWN, "text": "x" * room}, previous={"name": "u"})
    assert just_fits["data"]["truncated"] is False
    too_long = publish(account, {**SHOWN, "text": "x" * (room + 1)}, previous={"name": "u"})
    assert too_long["data"] == {
        "object": {"type": "thing", "id": "thing_1"},
        "previous": None,
        "truncated": True,
    }
    assert len(stored(account.app)[too_long["row"]].body) < 1_000


def test_a_receiver_adds_to_the_same_transaction(account: Account) -> None:
    """What fans events out does so with the change, or not at all."""
    seen: list[str] = []

    def copy(event: events.Event) -> None:
        seen.append(event.type)
        if event.type == "post.created":
            subject = ("copy", event.id)
            events.publish(account.caller, "post.updated", subject, {"of": event.id})

    def fail() -> None:
        with account.app.app_context(), db.transaction():
            events.publish(account.caller, "post.created", ("thing", "thing_1"), SHOWN)
            raise LookupError

    before = set(stored(account.app))
    with events.published.connected_to(copy):
        publish(account, SHOWN)
        with pytest.raises(LookupError):
            fail()
    assert seen == ["post.created", "post.updated"] * 2
    new = [row.type for id, row in stored(account.app).items() if id not in before]
    assert sorted(new) == ["post.created", "post.updated"]
