"""`anthyx-server keys` and `peppers`."""

from __future__ import annotations

import pytest

from anthyx_server.keys import DEFAULT_SCOPES
from server.tests.commands.conftest import Operator

UNKNOWN = "ws_00000000000000000000000000"
WRONG: list[tuple[tuple[str, ...], str]] = [
    (("--name", ""), "/name"),
    (("--name", "n" * 101), "/name"),
    (("--name", "A\udcff"), ""),
    (("--name", "New", "--scope", "brands:own"), "'brands:own' is not one of"),
    (("--name", "New", "--mode", "dead"), "'dead' is not one of"),
    (("--name", "New", "--ip", "10.0.0.0/33"), "/ip_allowlist/0"),
    (("--name", "New", "--ip", "127.0.0.1", "--ip", "example.com"), "/ip_allowlist/1"),
    (("--name", "New", "--ip", ""), "/ip_allowlist/0"),
    (("--name", "New", "--workspace", UNKNOWN), f"there is no workspace {UNKNOWN}"),
    ((), "Missing option '--name'"),
]


def test_create_prints_a_key_that_works(operator: Operator) -> None:
    workspace = operator.workspace()
    key = operator.key(workspace["workspace_id"])
    account = operator.account(workspace)
    shown = account.get("/api-keys/current", token=key["secret"]).get_json()
    assert shown["id"] == key["id"]
    assert shown["name"] == "From the shell"
    assert (shown["mode"], shown["ip_allowlist"]) == ("live", None)
    assert shown["scopes"] == list(DEFAULT_SCOPES)
    assert shown["created_by"] == {"type": "system", "id": None, "name": "anthyx-server"}


def test_create_for_people_prints_id_and_secret(operator: Operator) -> None:
    workspace = operator.workspace()
    made = operator.run(
        "keys", "create", "--workspace", workspace["workspace_id"], "--name", "For people"
    )
    key_id, secret = made.splitlines()
    shown = operator.account(workspace).get("/api-keys/current", token=secret).get_json()
    assert shown["id"] == key_id


def test_scopes_mode_and_addresses_are_as_asked_for(operator: Operator) -> None:
    workspace = operator.workspace()
    options = ("--scope", "keys:read", "--scope", "brands:read", "--mode", "test")
    networks = ("--ip", "127.0.0.1", "--ip", "2001:db8::/32")
    key = operator.key(workspace["workspace_id"], *options, *networks)
    assert key["secret"].startswith("anthyx_test_")
    account = operator.account(workspace)
    shown = account.get("/api-keys/current", token=key["secret"]).get_json()
    assert set(shown["scopes"]) == {"brands:read", "keys:read"}
    assert shown["mode"] == "test"
    assert shown["ip_allowlist"] == ["127.0.0.1/32", "2001:db8::/32"]
    elsewhere = {"REMOTE_ADDR": "192.0.2.1"}
    refused = account.get("/workspace", token=key["secret"], environ_overrides=elsewhere)
    assert refused.get_json()["code"] == "ip_not_allowed"


def test_create_refuses_what_is_wrong(operator: Operator) -> None:
    workspace = operator.workspace()["workspace_id"]
    before = operator.run("keys", "list", "--workspace", workspace)
    for options, reason in WRONG:
        assert reason in operator.refusal("keys", "create", "--workspace", workspace, *options)
    assert operator.run("keys", "list", "--workspace", workspace) == before


def test_the_plans_cap_holds_for_the_operator_too(operator: Operator) -> None:
    workspace = operator.workspace("free")["workspace_id"]
    made = 1
    while True:
        outcome = operator.try_to("keys", "create", "--workspace", workspace, "--name", "More")
        if outcome.exit_code:
            break
        made += 1
        assert made < 10
    assert outcome.refusal.startswith(f"The Free plan allows {made} API keys")


def test_list_shows_both_modes_and_no_token(operator: Operator) -> None:
    workspace = operator.workspace()
    test_key = operator.key(workspace["workspace_id"], "--mode", "test")
    operator.run("keys", "revoke", test_key["id"])
    listed = operator.run("keys", "list", "--workspace", workspace["workspace_id"])
    rows = [line.split(maxsplit=3) for line in listed.splitlines()]
    secret = workspace["api_key"]["secret"]
    assert [row[2:] for row in rows] == [["active", "First key"], ["revoked", "From the shell"]]
    assert [row[0] for row in rows] == [workspace["api_key"]["id"], test_key["id"]]
    assert [row[1][-4:] for row in rows] == [secret[-4:], test_key["secret"][-4:]]
    assert secret not in listed
    assert operator.refusal("keys", "list", "--workspace", UNKNOWN).endswith(UNKNOWN)


def test_a_revoked_key_has_stopped_working_when_the_command_returns(operator: Operator) -> None:
    workspace = operator.workspace()
    key = operator.key(workspace["workspace_id"])
    account = operator.account(workspace)
    assert account.get("/workspace", token=key["secret"]).status_code == 200
    for _ in range(2):
        assert operator.run("keys", "revoke", key["id"]) == f"{key['id']} is revoked.\n"
        answer = account.get("/workspace", token=key["secret"])
        assert (answer.status_code, answer.get_json()["code"]) == (401, "api_key_revoked")
    assert account.get("/workspace").status_code == 200
    shown = account.get(f"/api-keys/{key['id']}").get_json()
    assert shown["revoked_by"]["type"] == "system"
    assert shown["revoked_reason"] == "deleted"


@pytest.mark.parametrize("key_id", ["key_00000000000000000000000000", "nonsense", ""])
def test_a_key_that_is_not_there_is_said_so(operator: Operator, key_id: str) -> None:
    assert operator.refusal("keys", "revoke", key_id) == f"there is no API key {key_id}".strip()


def test_peppers_counts_what_is_left_of_each(operator: Operator) -> None:
    workspace = operator.workspace()["workspace_id"]
    [[name, count, note]] = _counts(operator.run("peppers"))
    assert (name, note) == ("1", "current")
    old = ",".join(f"{each.id}:{each.value}" for each in operator.settings.key_peppers)
    rotated = f"2:{'a-new-pepper-' * 4}"
    both = {"KEY_PEPPERS": f"{rotated},{old}"}
    chosen = ("--workspace", workspace, "--name", "With the new one")
    operator.run("keys", "create", *chosen, **both)
    assert _counts(operator.run("peppers", **both)) == [
        ["2", "1", "current"],
        ["1", count, "older"],
    ]
    assert _counts(operator.run("peppers", KEY_PEPPERS=rotated)) == [
        ["2", "1", "current"],
        ["1", count, "MISSING"],
    ]
    for key in operator.run("keys", "list", "--workspace", workspace).splitlines():
        operator.run("keys", "revoke", key.split()[0])
    assert _counts(operator.run("peppers", **both))[0] == ["2", "0", "current"]


def _counts(printed: str) -> list[list[str]]:
    lines = [line.split() for line in printed.splitlines()]
    return [words[1:] for words in lines if words[0] == "pepper"]
