"""`anthyx-server members`: links that are printed once, and who is listed."""

from __future__ import annotations

import json
from typing import Any

from anthyx_server import db, keys, workspaces
from anthyx_server.dashboard import second_factor
from anthyx_server.tenancy import Actor
from server.tests.commands.conftest import Operator
from tests.support.apps import Account

EMAIL = "ada@example.com"
UNKNOWN = "ws_01m85b8621tp3njfh6qm82sfwd"


def invite(operator: Operator, workspace: str, *options: str) -> dict[str, Any]:
    chosen = ("--workspace", workspace, "--email", EMAIL, *options, "--json")
    invited: dict[str, Any] = json.loads(operator.run("members", "invite", *chosen))
    return invited


def accept(operator: Operator, link: str) -> None:
    with operator.app.app_context(), db.transaction():
        workspaces.accept_invite(link.rpartition("/")[2], "a long password")


def listed(operator: Operator, workspace: str) -> list[list[str]]:
    lines = operator.run("members", "list", "--workspace", workspace).splitlines()
    return [line.split()[1:] for line in lines]


def test_from_invite_to_removal(operator: Operator) -> None:
    workspace = operator.workspace()["workspace_id"]
    invited = invite(operator, workspace, "--role", "editor")
    assert invited["link"].startswith(f"{operator.settings.public_url}/invites/")
    assert invited["member_id"].startswith("usr_")
    assert listed(operator, workspace)[1] == ["editor", "invited", EMAIL, "all", "brands"]
    accept(operator, invited["link"])
    options = ("--workspace", workspace)
    told = operator.run("members", "reset-password", EMAIL.upper(), *options).splitlines()
    assert told[0].startswith(f"{operator.settings.public_url}/reset/")
    assert told[1].startswith("It holds once, until ")
    operator.run("members", "set-role", EMAIL, "admin", *options)
    assert listed(operator, workspace)[1] == ["admin", "active", EMAIL, "all", "brands"]
    assert operator.run("members", "remove", "--yes", EMAIL, *options) == f"{EMAIL} is removed.\n"
    assert [line[0] for line in listed(operator, workspace)] == ["owner"]


def test_the_link_is_told_in_words_too(operator: Operator) -> None:
    workspace = operator.workspace()["workspace_id"]
    options = ("--workspace", workspace, "--email", EMAIL, "--role", "reviewer")
    link, note = operator.run("members", "invite", *options).splitlines()
    assert "/invites/" in link
    assert note.endswith("Z.")


def test_brands_stay_unless_they_are_named(operator: Operator) -> None:
    made = operator.workspace()
    workspace, account = made["workspace_id"], operator.account(made)
    one, other = (account.post("/brands", json={"name": n}).get_json()["id"] for n in "AB")
    invite(operator, workspace, "--role", "client", "--brand", one, "--brand", other)
    options = ("--workspace", workspace)
    for given, brands in (
        ((), [f"{one},{other}"]),
        (("--brand", other), [other]),
        (("--all-brands",), ["all", "brands"]),
    ):
        operator.run("members", "set-role", EMAIL, "editor", *options, *given)
        assert listed(operator, workspace)[1][3:] == brands


def test_what_is_refused(operator: Operator) -> None:
    workspace = operator.workspace("free")["workspace_id"]
    options = ("--workspace", workspace)
    invitation = ("members", "invite", "--email", EMAIL, "--role", "editor")
    assert "1 seats and 1 are taken" in operator.refusal(*invitation, *options)
    assert operator.refusal(*invitation, "--workspace", UNKNOWN).endswith(UNKNOWN)
    for command in (
        ("set-role", EMAIL, "editor"),
        ("remove", EMAIL, "--yes"),
        ("reset-password", EMAIL),
    ):
        assert operator.refusal("members", *command, *options).startswith("there is no member")
        unknown = operator.refusal("members", *command, "--workspace", UNKNOWN)
        assert unknown == f"there is no workspace {UNKNOWN}"
    owner = operator.refusal("members", "remove", "--yes", "owner@example.com", *options)
    assert owner == "owner@example.com is the owner, who can't be removed"
    both = ("--brand", "brand_1", "--all-brands")
    told = operator.refusal("members", "set-role", EMAIL, "editor", *options, *both)
    assert "exclude each other" in told


def test_removal_lists_the_keys_that_go_on_working(operator: Operator) -> None:
    made = operator.workspace()
    workspace, account = made["workspace_id"], operator.account(made)
    member = Actor("user", invite(operator, workspace, "--role", "admin")["member_id"], "Ada")
    tokens = [_issue(account, member, name) for name in ("Ended", "Goes on")]
    assert account.delete("/api-keys/current", token=tokens[0]).status_code == 204
    options = ("--workspace", workspace, "--yes")
    told = operator.run("members", "remove", EMAIL, *options).splitlines()
    assert told[1] == "The API keys that they made go on working:"
    assert [line.split("  ")[-1] for line in told[2:]] == ["Goes on"]
    assert account.get("/workspace", token=tokens[1]).status_code == 200


def _issue(account: Account, actor: Actor, name: str) -> str:
    with account.app.app_context(), db.transaction():
        caller = account.caller._replace(actor=actor)
        return keys.issue(caller, {"name": name, "scopes": list(keys.SCOPES)}).token


def test_a_second_factor_that_is_lost_is_turned_off(operator: Operator) -> None:
    workspace = operator.workspace()["workspace_id"]
    command = ("members", "turn-off-second-factor", "--yes", "owner@example.com")
    options = ("--workspace", workspace)
    told = operator.refusal(*command, *options)
    assert told == "owner@example.com has no second factor"
    with operator.app.app_context(), db.transaction():
        second_factor.begin(workspaces.get_member(workspace, "owner@example.com"))
    told = operator.run(*command, *options)
    assert told == "owner@example.com signs in with the password alone.\n"
