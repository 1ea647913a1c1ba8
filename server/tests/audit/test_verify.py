"""Verifying: whatever is done to the rows by SQL alone is found, and the first wrong one named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from flask import Flask

from anthyx_server import audit, db
from anthyx_server.audit import verification
from anthyx_server.audit.chain import HASHED, START
from anthyx_server.config import NamedSecret, Settings
from server.tests.audit.chains import entries, head, note, tamper, verdict
from tests.support.apps import Account, make_account, open_app

# Another value for each column, as SQL.
CHANGES = {
    "id": "'aud_' || 'changed'",
    "mode": "'test'",
    "action": "'nothing.done'",
    "actor": """'{"type": "system", "id": null, "name": "Nobody"}'""",
    "actor_id": "'usr_1'",
    "target_type": "'other'",
    "target_id": "'other'",
    "detail": """'{"of": "other"}'""",
    "address": "'192.0.2.1'",
    "request_id": "'req_1'",
    "hash": "'00'",
}
MOMENT = {"sqlite": "created_at + 1", "postgresql": "created_at + interval '1 microsecond'"}
THIRD = "WHERE number = 3 AND workspace_id = :ws"
DELETION = "DELETE FROM audit_entries WHERE number = :number AND workspace_id = :ws"


def chain(app: Flask) -> Account:
    """A new workspace with six entries, of both modes."""
    account = make_account(app)
    note(account, "b", "c")
    note(account.with_key(mode="test"), "e", "f")
    assert verdict(account).wrong is None
    return account


@pytest.fixture
def chained(app: Flask) -> Account:
    return chain(app)


def wrong(account: Account) -> audit.Wrong:
    found = verdict(account).wrong
    assert found is not None
    return found


def third(account: Account) -> str:
    return entries(account.app, account.workspace_id)[2].id


def test_a_chain_that_nobody_touched_is_right(chained: Account, other_account: Account) -> None:
    found = verdict(chained)
    ending = head(chained.app, chained.workspace_id)
    assert (found.entries, found.head_number, found.head_hash) == (6, 6, ending.hash)
    assert found.wrong is None
    assert verdict(other_account).entries == 1


def test_a_workspace_without_entries_is_right(account: Account) -> None:
    with account.app.app_context():
        assert audit.verify("ws_nobody") == audit.Verdict("ws_nobody", 0, 0, START, None)


def test_no_column_is_forgotten() -> None:
    apart = {"number", "workspace_id", "encryption_key_id", "created_at"}
    assert CHANGES.keys() | apart == {*HASHED, "hash"}


def test_a_changed_column_is_named(app: Flask) -> None:
    with app.app_context():
        kind = db.db.engine.dialect.name
    for column, value in (CHANGES | {"created_at": MOMENT[kind]}).items():
        chained = chain(app)
        as_json = "::jsonb" if column in {"actor", "detail"} and kind == "postgresql" else ""
        change = f"UPDATE audit_entries SET {column} = {value}{as_json} {THIRD}"  # noqa: S608
        tamper(app, change, ws=chained.workspace_id)
        found = wrong(chained)
        assert (found.number, found.kind, found.id) == (3, "changed", third(chained)), column


def test_an_entry_that_moved_to_another_workspace_is_missed_and_found(
    chained: Account, other_account: Account
) -> None:
    tamper(
        chained.app,
        "UPDATE audit_entries SET workspace_id = :other, number = 2 "
        "WHERE number = 3 AND workspace_id = :ws",
        ws=chained.workspace_id,
        other=other_account.workspace_id,
    )
    assert (wrong(chained).number, wrong(chained).kind) == (3, "missing")
    assert (wrong(other_account).number, wrong(other_account).kind) == (2, "changed")


def test_a_deleted_entry_is_named(app: Flask) -> None:
    for number in (1, 3):
        chained = chain(app)
        tamper(app, DELETION, ws=chained.workspace_id, number=number)
        found = wrong(chained)
        assert (found.number, found.kind, found.id) == (number, "missing", None)


def test_closing_the_gap_hides_nothing(chained: Account) -> None:
    tamper(
        chained.app,
        DELETION,
        "UPDATE audit_entries SET number = number - 1 WHERE number > 3 AND workspace_id = :ws",
        ws=chained.workspace_id,
        number=3,
    )
    assert (wrong(chained).number, wrong(chained).kind) == (3, "changed")


def test_swapped_entries_are_named(app: Flask) -> None:
    for one, other in ((3, 4), (2, 6)):
        chained = chain(app)
        tamper(
            app,
            "UPDATE audit_entries SET number = :one + :other - number "
            "WHERE number IN (:one, :other) AND workspace_id = :ws",
            ws=chained.workspace_id,
            one=one,
            other=other,
        )
        found = wrong(chained)
        assert (found.number, found.kind) == (one, "out_of_order")
        assert found.detail.endswith(f"stands at {other}")


def test_a_number_that_is_there_twice_is_named(chained: Account) -> None:
    statement = "UPDATE audit_entries SET number = 3 WHERE number = 4 AND workspace_id = :ws"
    tamper(chained.app, statement, ws=chained.workspace_id)
    assert (wrong(chained).number, wrong(chained).kind) == (3, "out_of_order")


CUT = "DELETE FROM audit_entries WHERE number > 4 AND workspace_id = :ws"
SET_BACK = (
    "UPDATE audit_heads SET number = 4, hash = (SELECT hash FROM audit_entries "
    "WHERE number = 4 AND workspace_id = :ws) WHERE workspace_id = :ws"
)


CUTS: list[tuple[Sequence[str], str, int]] = [
    ([CUT], "missing", 5),
    ([SET_BACK], "head", 7),
    ([SET_BACK, CUT], "head", 5),
    (["DELETE FROM audit_heads WHERE workspace_id = :ws"], "head", 1),
    (["DELETE FROM audit_heads WHERE workspace_id = :ws", CUT], "head", 1),
    (["DELETE FROM audit_entries WHERE workspace_id = :ws"], "missing", 1),
    (["UPDATE audit_heads SET hash = 'é' WHERE workspace_id = :ws"], "head", 7),
    (["UPDATE audit_heads SET seal = 'é' WHERE workspace_id = :ws"], "head", 7),
    (["UPDATE audit_heads SET encryption_key_id = '9' WHERE workspace_id = :ws"], "unknown_key", 6),
]


def test_a_cut_tail_is_noticed(app: Flask) -> None:
    for statements, kind, number in CUTS:
        chained = chain(app)
        tamper(app, *statements, ws=chained.workspace_id)
        assert (wrong(chained).kind, wrong(chained).number) == (kind, number), statements


def test_a_head_that_was_right_once_is_told_by_what_was_noted(chained: Account) -> None:
    """Nothing in the database can tell it: the operator keeps number and hash elsewhere."""
    before = head(chained.app, chained.workspace_id)
    noted = verdict(chained)
    note(chained, "g", "h")
    tamper(
        chained.app,
        "DELETE FROM audit_entries WHERE number > 6 AND workspace_id = :ws",
        "UPDATE audit_heads SET number = :number, hash = :hash, seal = :seal "
        "WHERE workspace_id = :ws",
        ws=chained.workspace_id,
        number=before.number,
        hash=before.hash,
        seal=before.seal,
    )
    assert verdict(chained) == noted
    note(chained, "g instead")
    assert verdict(chained).wrong is None


def test_a_key_that_is_gone_is_named(chained: Account, settings: Settings) -> None:
    other = (NamedSecret("2", "another-encryption-key-" * 2),)
    with open_app(replace(settings, encryption_keys=other)) as app:
        found = wrong(replace(chained, app=app))
    assert (found.number, found.kind) == (1, "unknown_key")
    same_id = (NamedSecret("1", "another-encryption-key-" * 2),)
    with open_app(replace(settings, encryption_keys=same_id)) as app:
        assert wrong(replace(chained, app=app)).kind == "changed"


def test_batches_meet_without_a_seam(chained: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    for size in (1, 2, 6, 7):
        monkeypatch.setattr(verification, "_BATCH", size)
        read: list[int] = []
        with chained.app.app_context():
            found = audit.verify(chained.workspace_id, read.append)
        assert found.wrong is None
        assert sum(read) == 6
        assert max(read) <= size
    tamper(chained.app, DELETION, ws=chained.workspace_id, number=3)
    monkeypatch.setattr(verification, "_BATCH", 2)
    assert (wrong(chained).number, wrong(chained).kind) == (3, "missing")
