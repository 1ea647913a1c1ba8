"""`anthyx-server audit verify`: what it prints, and how it exits."""

from __future__ import annotations

import json

import pytest

from anthyx_server.commands import audit as command
from server.tests.audit.chains import head, note, tamper
from server.tests.commands.conftest import Operator
from tests.support.apps import Account

UNKNOWN = "ws_01m85b8621tp3njfh6qm82sfwd"


def account_of(operator: Operator) -> Account:
    """A new workspace, with an entry for itself, one for its key, and one more."""
    account = operator.account(operator.workspace())
    note(account, "a")
    return account


def test_each_chain_is_told_with_its_head(operator: Operator) -> None:
    accounts = [account_of(operator) for _ in range(2)]
    operator.run("workspaces", "remove", "--yes", accounts[1].workspace_id)
    lines = {line.split()[0]: line for line in operator.run("audit", "verify").splitlines()}
    for account, count in zip(accounts, (3, 5), strict=True):
        ending = head(operator.app, account.workspace_id)
        told = lines[account.workspace_id].split()
        assert told[1:] == [str(count), "entries", "head", str(count), ending.hash]
    only = operator.run("audit", "verify", "--workspace", accounts[0].workspace_id)
    assert only.splitlines() == [lines[accounts[0].workspace_id]]


def test_json_is_for_programs(operator: Operator) -> None:
    workspace = account_of(operator).workspace_id
    ending = head(operator.app, workspace)
    (found,) = json.loads(operator.run("audit", "verify", "--json", "--workspace", workspace))
    assert found == {
        "workspace_id": workspace,
        "entries": 3,
        "head_number": 3,
        "head_hash": ending.hash,
        "wrong": None,
    }


def test_an_unknown_workspace_is_refused(operator: Operator) -> None:
    refusal = operator.refusal("audit", "verify", "--workspace", UNKNOWN)
    assert refusal == f"there is no workspace {UNKNOWN}"


def test_a_bar_shows_how_far_a_long_one_is(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = account_of(operator).workspace_id
    monkeypatch.setattr(command, "_MANY", 3)
    outcome = operator.try_to("audit", "verify", "--workspace", workspace)
    assert (outcome.exit_code, "Verifying" in outcome.errors) == (0, True)
    assert "Verifying" not in outcome.output


def test_the_entries_of_each_encryption_key_are_counted(operator: Operator) -> None:
    account = account_of(operator)
    ((name, before, note_),) = _of_encryption_keys(operator.run("peppers"))
    assert (name, note_) == ("1", "current")
    old = ",".join(f"{each.id}:{each.value}" for each in operator.settings.encryption_keys)
    rotated = f"2:{'a-new-encryption-key-' * 2}"
    both = {"ENCRYPTION_KEYS": f"{rotated},{old}"}
    options = ("--workspace", account.workspace_id, "--name", "With the new one")
    operator.run("keys", "create", *options, **both)
    assert _of_encryption_keys(operator.run("peppers", **both)) == [
        ["2", "1", "current"],
        ["1", before, "older"],
    ]
    printed = operator.run("peppers", ENCRYPTION_KEYS=rotated)
    assert _of_encryption_keys(printed)[1][-1] == "MISSING"


def _of_encryption_keys(printed: str) -> list[list[str]]:
    kind = "encryption key, audit log "
    told = [line for line in printed.splitlines() if line.startswith(kind)]
    return [line.removeprefix(kind).split() for line in told]


def test_the_first_wrong_entry_is_named(operator: Operator) -> None:
    """The last test here: the triggers are gone after it."""
    good, bad = account_of(operator), account_of(operator)
    change = "UPDATE audit_entries SET action = 'x' WHERE number = 2 AND workspace_id = :ws"
    tamper(operator.app, change, ws=bad.workspace_id)
    outcome = operator.try_to("audit", "verify")
    assert (outcome.exit_code, outcome.errors) == (1, "")
    lines = {line.split()[0]: line for line in outcome.output.splitlines()}
    assert "WRONG: entry 2 was changed (aud_" in lines[bad.workspace_id]
    assert "WRONG" not in lines[good.workspace_id]
    outcome = operator.try_to("audit", "verify", "--json", "--workspace", bad.workspace_id)
    assert outcome.exit_code == 1
    (found,) = json.loads(outcome.output)
    assert found["wrong"]["kind"] == "changed"
    assert found["wrong"]["number"] == 2
    assert operator.try_to("audit", "verify", "--workspace", good.workspace_id).exit_code == 0
