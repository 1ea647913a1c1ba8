"""`anthyx-server workspaces` and `members`."""

from __future__ import annotations

import bcrypt
import pytest
import sqlalchemy as sa

from anthyx_server import db
from anthyx_server.db import Base
from anthyx_server.workspaces.models import Member
from server.tests.commands.conftest import Operator

CREATE = ("workspaces", "create", "Acme", "--plan", "free", "--owner", "owner@example.com")
UNKNOWN = "ws_00000000000000000000000000"
WRONG = [
    (("Acme", "--plan", "gold", "--owner", "o@example.com"), "'gold' is not one of 'free'"),
    (("Acme", "--plan", "free", "--owner", "example.com"), "must be an email address"),
    (("Acme", "--plan", "free", "--owner", "owner@"), "must be an email address"),
    (("Acme", "--plan", "free", "--owner", ""), "must be an email address"),
    (("", "--plan", "free", "--owner", "o@example.com"), "NAME must not be empty"),
    (("  ", "--plan", "free", "--owner", "o@example.com"), "NAME must not be empty"),
    (("A\udcff", "--plan", "free", "--owner", "o@example.com"), "must be text in UTF-8"),
    (("--plan", "free", "--owner", "o@example.com"), "Missing argument 'NAME'"),
    (("Acme", "--owner", "o@example.com"), "Missing option '--plan'"),
    (("Acme", "--plan", "free"), "Missing option '--owner'"),
]


def test_create_prints_a_key_that_works(operator: Operator) -> None:
    made = operator.workspace("growth", "  Acme & Söhne  ")
    shown = operator.account(made).get("/workspace").get_json()
    assert shown["id"] == made["workspace_id"]
    assert (shown["name"], shown["plan"]) == ("Acme & Söhne", "growth")
    key = operator.account(made).get("/api-keys/current").get_json()
    assert key["id"] == made["api_key"]["id"]
    assert {"keys:write", "webhooks:secrets", "audit:read"} <= set(key["scopes"])


def test_create_for_people_prints_the_same(operator: Operator) -> None:
    lines = dict(line.split(": ", 1) for line in operator.run(*CREATE).splitlines() if ": " in line)
    assert lines["Workspace"].strip().startswith("ws_")
    assert lines["Owner"].strip().startswith("owner@example.com, password ")
    client = operator.app.test_client()
    headers = {"Authorization": f"Bearer {lines['API key'].strip()}"}
    assert client.get("/v1/workspace", headers=headers).status_code == 200


def test_the_password_is_stored_as_a_bcrypt_hash_and_nowhere_else(operator: Operator) -> None:
    made = operator.workspace()
    password = made["owner"]["password"]
    assert len(password) >= 20
    with operator.app.app_context():
        query = sa.select(Member).where(Member.workspace_id == made["workspace_id"])
        owner = db.db.session.scalars(query).one()
        rows = [
            repr(tuple(row))
            for table in Base.metadata.sorted_tables
            for row in db.db.session.execute(sa.select(table))
        ]
    assert (owner.email, owner.role) == ("owner@example.com", "owner")
    assert made["owner"]["email"] == owner.email
    assert owner.password_hash is not None
    assert owner.password_hash.startswith("$2b$")
    assert bcrypt.checkpw(password.encode(), owner.password_hash.encode())
    assert made["workspace_id"] in "".join(rows)
    for secret in (password, made["api_key"]["secret"]):
        assert not [row for row in rows if secret in row]


def test_create_refuses_what_is_wrong(operator: Operator) -> None:
    before = operator.run("workspaces", "list")
    for arguments, reason in WRONG:
        assert reason in operator.refusal("workspaces", "create", *arguments)
    assert operator.run("workspaces", "list") == before


def test_list_shows_all_oldest_first(operator: Operator) -> None:
    made = [operator.workspace(plan)["workspace_id"] for plan in ("free", "agency")]
    listed = [line.split() for line in operator.run("workspaces", "list").splitlines()]
    assert [line[:2] for line in listed][-2:] == [[made[0], "free"], [made[1], "agency"]]
    assert [line[0] for line in listed] == sorted(line[0] for line in listed)


def test_a_plan_applies_to_the_next_request(operator: Operator) -> None:
    made = operator.workspace("free")
    account = operator.account(made)
    assert account.get("/workspace").headers["X-RateLimit-Limit"] == "60"
    assert "is on growth" in operator.run("workspaces", "set-plan", made["workspace_id"], "growth")
    answer = account.get("/workspace")
    assert answer.headers["X-RateLimit-Limit"] == "300"
    assert answer.get_json()["plan"] == "growth"


def test_a_plan_that_can_not_be_set_is_refused(operator: Operator) -> None:
    workspace = operator.workspace()["workspace_id"]
    assert "'gold' is not one of" in operator.refusal("workspaces", "set-plan", workspace, "gold")
    refusal = operator.refusal("workspaces", "set-plan", UNKNOWN, "free")
    assert refusal == f"there is no workspace {UNKNOWN}"


def test_remove_ends_every_key_and_keeps_the_rest(operator: Operator) -> None:
    made = operator.workspace()
    workspace, account = made["workspace_id"], operator.account(made)
    account.post("/brands", json={"name": "Kept"})
    test_key = operator.key(workspace, "--mode", "test")
    assert account.get("/workspace").status_code == 200
    told = operator.run("workspaces", "remove", workspace, answer="y\n")
    assert "2 keys were revoked" in told
    for token in (account.token, test_key["secret"]):
        answer = account.get("/workspace", token=token)
        assert (answer.status_code, answer.get_json()["code"]) == (401, "api_key_revoked")
    assert workspace not in operator.run("workspaces", "list")
    for command in (
        ("workspaces", "remove", "--yes", workspace),
        ("workspaces", "set-plan", workspace, "free"),
        ("keys", "create", "--workspace", workspace, "--name", "New"),
        ("keys", "list", "--workspace", workspace),
        ("members", "list", "--workspace", workspace),
    ):
        assert operator.refusal(*command) == f"there is no workspace {workspace}"


@pytest.mark.parametrize("answer", ["n\n", ""])
def test_remove_asks_first(operator: Operator, answer: str) -> None:
    made = operator.workspace()
    outcome = operator.try_to("workspaces", "remove", made["workspace_id"], answer=answer)
    assert outcome.exit_code == 2
    assert outcome.errors.splitlines()[-1] == "anthyx-server: aborted"
    assert operator.account(made).get("/workspace").status_code == 200


def test_members_are_listed_for_one_workspace(operator: Operator) -> None:
    workspace = operator.workspace()["workspace_id"]
    listed = operator.run("members", "list", "--workspace", workspace).splitlines()
    assert len(listed) == 1
    assert listed[0].split()[1:] == ["owner", "active", "owner@example.com", "all", "brands"]
    refusal = operator.refusal("members", "list", "--workspace", UNKNOWN)
    assert refusal == f"there is no workspace {UNKNOWN}"
