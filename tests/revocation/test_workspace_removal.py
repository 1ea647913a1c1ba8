"""Removing a workspace ends every key of it, those too that are being made meanwhile."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from anthyx_server import db
from anthyx_server.config import Settings
from anthyx_server.keys import ApiKey
from server.tests.keys.answers import document, problem
from server.tests.keys.operating import operate
from tests.revocation.holding import SECONDS, Hold
from tests.support.apps import Account

making = pytest.mark.parametrize(
    ("path", "body"),
    [("", {"name": "New"}), ("/{target}/rotate", {"overlap_seconds": 60})],
    ids=["create", "rotate"],
)


def remove(settings: Settings, account: Account) -> str:
    return operate(settings, "workspaces", "remove", "--yes", account.workspace_id).output


def counts(app: Flask) -> tuple[int, int]:
    """How many keys there are, and how many of them are not revoked."""
    with app.app_context():
        revoked = db.db.session.scalars(sa.select(ApiKey.revoked_at)).all()
    return len(revoked), revoked.count(None)


@making
def test_a_key_that_was_about_to_be_made_is_not(
    account: Account,
    settings: Settings,
    hold: Hold,
    caplog: pytest.LogCaptureFixture,
    path: str,
    body: dict[str, Any],
) -> None:
    target = account.with_key().key_id
    held = hold.send(account, "POST", f"/api-keys{path.format(target=target)}", json=body)
    assert remove(settings, account) == f"{account.workspace_id} is closed; 2 keys were revoked.\n"
    hold.release()
    problem(held.result(SECONDS), 401, "api_key_revoked")
    assert "unhandled" not in caplog.text
    assert counts(account.app) == (2, 0)


@making
def test_a_key_that_was_made_just_before_is_revoked_too(
    account: Account, settings: Settings, hold: Hold, path: str, body: dict[str, Any]
) -> None:
    target = account.with_key().key_id
    held = hold.send(
        account, "POST", f"/api-keys{path.format(target=target)}", point="at_commit", json=body
    )
    removing = hold.meanwhile(remove, settings, account)
    hold.release()
    made = document(held.result(SECONDS), 201)
    assert "3 keys were revoked" in removing.result(SECONDS)
    assert counts(account.app) == (3, 0)
    problem(account.get("/workspace", token=made["secret"]), 401, "api_key_revoked")


@pytest.mark.parametrize("mode", ["live", "test", None])
def test_a_workspace_can_be_removed_whatever_keys_it_has(
    account: Account, settings: Settings, mode: str | None
) -> None:
    for other in ("live", "test"):
        key = account.with_key(mode=other)
        if mode != other:
            assert key.delete("/api-keys/current").status_code == 204
    if mode != "live":
        assert account.delete("/api-keys/current").status_code == 204
    count = {"live": 2, "test": 1, None: 0}[mode]
    assert f"{count} keys were revoked" in remove(settings, account)
    assert counts(account.app) == (3, 0)
