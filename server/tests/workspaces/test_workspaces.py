"""Workspaces: what a key sees of its own, and what the service does for the operator."""

from __future__ import annotations

import bcrypt
import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import IntegrityError

from anthyx_server import db, workspaces
from anthyx_server.ids import new_id
from anthyx_server.plans import PLANS
from tests.support.apps import Account, issue_key, make_account
from tests.support.problems import problem

PLAN_LIMITS = {
    "free": (60, 5_000, 5, 1),
    "starter": (60, 5_000, 5, 3),
    "growth": (300, 50_000, 20, 10),
    "agency": (1_000, None, None, None),
}


@pytest.mark.parametrize("plan", PLANS)
def test_a_key_sees_its_workspace(app: Flask, plan: str) -> None:
    account = make_account(app, plan)
    minute, day, api_keys, seats = PLAN_LIMITS[plan]
    answer = account.get("/workspace")
    assert answer.status_code == 200
    assert answer.get_json() == {
        "id": account.workspace_id,
        "name": "Workspace",
        "plan": plan,
        "timezone": "UTC",
        "limits": {
            "requests_per_minute": minute,
            "requests_per_day": day,
            "api_keys": api_keys,
            "seats": seats,
            "webhook_endpoints": 50,
        },
        "created_at": answer.get_json()["created_at"],
    }


def test_a_key_without_any_scope_of_its_own_sees_it_too(account: Account) -> None:
    for key in (account.with_key(scopes=["posts:read"]), account.with_key(mode="test")):
        assert key.get("/workspace").json == account.get("/workspace").json


def test_the_plan_that_is_shown_is_the_one_that_holds(app: Flask) -> None:
    account = make_account(app, "starter")
    assert account.get("/workspace").get_json()["plan"] == "starter"
    with app.app_context(), db.transaction():
        changed = workspaces.change_plan(account.workspace_id, "growth")
        assert changed.plan_version == 2
    assert account.get("/workspace").get_json()["limits"]["requests_per_minute"] == 300


def test_a_removed_workspace_is_gone(app: Flask, account: Account) -> None:
    with app.app_context(), db.transaction():
        workspaces.remove_workspace(account.workspace_id)
    with app.app_context():
        assert account.workspace_id not in [each.id for each in workspaces.list_workspaces()]
        for act in (
            workspaces.get_workspace,
            workspaces.lock_workspace,
            workspaces.remove_workspace,
            lambda found: workspaces.change_plan(found, "free"),
        ):
            with pytest.raises(workspaces.WorkspaceNotFoundError, match=account.workspace_id):
                act(account.workspace_id)
    with pytest.raises(workspaces.WorkspaceNotFoundError):
        issue_key(app, account.workspace_id)


def test_a_new_workspace_has_an_owner_whose_password_is_hashed(app: Flask) -> None:
    with app.app_context(), db.transaction():
        made = workspaces.create_workspace("Acme", "free", " Owner@Example.COM ")
        owner, password = made.owner, made.password
        assert (owner.email, owner.role) == ("owner@example.com", "owner")
        assert len(password) >= 20
        assert password not in repr(made)
        assert owner.password_hash is not None
        assert bcrypt.checkpw(password.encode(), owner.password_hash.encode())
        assert workspaces.list_members(made.workspace.id) == [owner]


def test_a_workspace_has_one_owner(app: Flask, account: Account) -> None:
    with app.app_context():
        (owner,) = workspaces.list_members(account.workspace_id)
        row = {
            "id": new_id("usr"),
            "workspace_id": account.workspace_id,
            "email": "second@example.com",
            "role": "owner",
            "password_hash": "",
            "created_at": owner.created_at,
        }
        with pytest.raises(IntegrityError):
            db.db.session.execute(sa.insert(workspaces.Member).values(row))
        db.rollback()
        db.db.session.execute(sa.insert(workspaces.Member).values({**row, "role": "admin"}))
        db.commit()


def test_another_workspaces_members_are_not_listed(
    app: Flask, account: Account, other_account: Account
) -> None:
    with app.app_context():
        (mine,) = workspaces.list_members(account.workspace_id)
        (other,) = workspaces.list_members(other_account.workspace_id)
        assert mine.id != other.id
        assert workspaces.list_members(new_id("ws")) == []


def test_the_workspace_can_not_be_changed_here(account: Account) -> None:
    answer = account.patch("/workspace", json={"plan": "agency"})
    problem(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, HEAD"
