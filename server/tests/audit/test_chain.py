"""The chain of a workspace: numbers without gaps, hashes that hold, a head that is kept."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from anthyx_server import audit, db
from anthyx_server.audit import jobs
from anthyx_server.audit.chain import START, ChainKeys
from anthyx_server.config import NamedSecret, Settings
from server.tests.audit.chains import entries, head, note, tamper, verdict
from tests.support.apps import Account, make_account, make_settings, open_app

OTHER_KEY = NamedSecret("2", "another-encryption-key-" * 2)


def test_entries_of_both_modes_are_numbered_from_one(
    account: Account, other_account: Account
) -> None:
    test_mode = account.with_key(mode="test")
    note(account, "a", "b")
    note(test_mode, "c")
    note(other_account, "elsewhere")
    found = entries(account.app, account.workspace_id)
    assert [entry.number for entry in found] == [1, 2, 3, 4, 5]
    assert [entry.target_id for entry in found[2:]] == ["a", "b", "c"]
    assert [entry.mode for entry in found[2:]] == ["live", "live", "test"]
    assert [e.number for e in entries(account.app, other_account.workspace_id)] == [1, 2]
    ending = head(account.app, account.workspace_id)
    assert (ending.number, ending.hash) == (5, found[-1].hash)
    assert len({entry.hash for entry in found}) == 5


def test_each_hash_follows_from_the_entry_and_the_one_before(
    account: Account, settings: Settings
) -> None:
    note(account, "a", "b", "c")
    keys, previous = ChainKeys(settings.encryption_keys), START
    others = ChainKeys([NamedSecret("1", "not-this-one-" * 4)])
    for entry in entries(account.app, account.workspace_id):
        assert keys.hash_of(vars(entry), previous) == entry.hash
        assert others.hash_of(vars(entry), previous) != entry.hash
        previous = entry.hash


def test_a_rollback_leaves_no_gap(account: Account) -> None:
    def fail() -> None:
        with account.app.app_context(), db.transaction():
            audit.record(account.caller, "thing.done", "thing", "undone")
            raise LookupError

    def fail_late(_session: object) -> None:
        raise LookupError

    note(account, "a")
    with pytest.raises(LookupError):
        fail()
    with pytest.raises(LookupError), db.concluding.connected_to(fail_late):
        note(account, "undone")
    note(account, "b")
    found = entries(account.app, account.workspace_id)
    assert [(entry.number, entry.target_id) for entry in found[1:]] == [(2, "a"), (3, "b")]
    assert verdict(account).wrong is None


def test_what_is_noted_before_a_rollback_is_forgotten(account: Account) -> None:
    with account.app.app_context():
        audit.record(account.caller, "thing.done", "thing", "undone")
        db.rollback()
        with db.transaction():
            audit.record(account.caller, "thing.done", "thing", "done")
    found = entries(account.app, account.workspace_id)
    assert [entry.target_id for entry in found[1:]] == ["done"]


DETAIL = {
    "text": 'Ünïcode 日本 \U0001f600 " \\ / \n',
    "large": 2**53,
    "negative": -(2**63),
    "yes": True,
    "nothing": None,
    "nested": {"b": [1, {"z": [], "a": {}}], "a": ""},
    "": "an empty name",
    "when": datetime(2026, 11, 25, 12, 0, 0, 1000, tzinfo=UTC),
}


def test_what_is_stored_is_what_was_hashed(account: Account) -> None:
    """JSON comes back from PostgreSQL in another order, and a time as a text."""
    with account.app.app_context(), db.transaction():
        audit.record(account.caller, "thing.done", "thing", "a", **DETAIL)
    assert verdict(account).wrong is None
    stored = entries(account.app, account.workspace_id)[-1].detail
    assert stored["nested"] == DETAIL["nested"]
    assert stored["when"] == "2026-11-25T12:00:00.001000+00:00"


def test_what_would_not_come_back_the_same_is_refused(account: Account) -> None:
    for value in (1.5, {"deep": [0.1]}, [1.0], object()):
        with account.app.app_context(), pytest.raises(TypeError):
            audit.record(account.caller, "thing.done", "thing", "a", value=value)


def test_a_savepoint_is_refused(account: Account) -> None:
    """It might be undone while the rest of its transaction commits."""
    with account.app.app_context(), db.db.session.begin_nested(), pytest.raises(RuntimeError):
        audit.record(account.caller, "thing.done", "thing", "a")


def test_the_key_is_rotated_without_a_break(account: Account, settings: Settings) -> None:
    note(account, "a")
    rotated = replace(settings, encryption_keys=(OTHER_KEY, *settings.encryption_keys))
    with open_app(rotated) as app:
        after = replace(account, app=app)
        note(after, "b")
        assert [e.encryption_key_id for e in entries(app, account.workspace_id)] == ["1", "1", "2"]
        assert head(app, account.workspace_id).encryption_key_id == "2"
        assert verdict(after).wrong is None


def test_a_log_in_which_nothing_happens_goes_on_with_the_new_key(
    account: Account, other_account: Account, settings: Settings
) -> None:
    broken = "UPDATE audit_heads SET seal = 'x' WHERE workspace_id = :ws"
    tamper(account.app, broken, ws=other_account.workspace_id)
    with open_app(replace(settings, encryption_keys=(OTHER_KEY, *settings.encryption_keys))) as app:
        for _ in range(2):
            with app.app_context():
                jobs.go_on_with_current_key()
        (_, moved) = entries(app, account.workspace_id)
        assert (moved.action, moved.encryption_key_id) == ("audit.key_changed", "2")
        assert verdict(replace(account, app=app)).wrong is None
        assert len(entries(app, other_account.workspace_id)) == 1
        with app.app_context():
            assert audit.count_heads_by_encryption_key() == {"1": 1, "2": 1}


def test_a_broken_seal_is_never_mended(account: Account, caplog: pytest.LogCaptureFixture) -> None:
    """Else the next entry would make good what somebody has done to the head."""
    note(account, "a", "b")
    back = "UPDATE audit_heads SET number = 2, hash = (SELECT hash FROM audit_entries "
    back += "WHERE number = 2 AND workspace_id = :ws) WHERE workspace_id = :ws"
    cut = "DELETE FROM audit_entries WHERE number > 2 AND workspace_id = :ws"
    tamper(account.app, back, cut, ws=account.workspace_id)
    with caplog.at_level(logging.ERROR):
        note(account, "c")
    assert account.workspace_id in caplog.text
    assert [e.target_id for e in entries(account.app, account.workspace_id)[1:]] == ["a", "c"]
    wrong = verdict(account).wrong
    assert wrong is not None
    assert wrong.kind == "head"


HEAD_CHANGES = [
    "UPDATE audit_heads SET number = number - 1",
    "UPDATE audit_heads SET seal = ''",
    "UPDATE audit_heads SET number = number + 1, workspace_id = 'ws_1'",
    "DELETE FROM audit_heads",
    "INSERT INTO audit_heads VALUES (:ws, 1, '', '', '')",
]


def test_the_database_itself_keeps_the_heads(account: Account) -> None:
    note(account, "a")
    for statement in HEAD_CHANGES:
        with (
            account.app.app_context(),
            db.db.engine.connect() as connection,
            pytest.raises(DBAPIError, match="append-only"),
        ):
            connection.execute(sa.text(statement), {"ws": account.workspace_id})
    assert verdict(account).wrong is None


def test_sqlite_replaces_nothing(sqlite_url: str, redis_url: str, tmp_path: Path) -> None:
    """INSERT OR REPLACE would remove a row that has the same number."""
    account = _account(sqlite_url, redis_url, tmp_path)
    names = "id, workspace_id, mode, action, actor, target_type, target_id, detail, created_at, "
    names += "number, encryption_key_id, hash"
    same = names.replace("id, workspace_id", "'aud_2', workspace_id", 1)
    with (
        account.app.app_context(),
        db.db.engine.connect() as connection,
        pytest.raises(DBAPIError, match="append-only"),
    ):
        connection.exec_driver_sql(
            f"INSERT OR REPLACE INTO audit_entries ({names}) SELECT {same} FROM audit_entries"  # noqa: S608
        )


def _account(url: str, redis_url: str, tmp_path: Path) -> Account:
    with open_app(make_settings(tmp_path, url, redis_url)) as app:
        return make_account(app)
