"""The program itself: where its data is, what it says when it is misused, its exit codes."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import click
import pytest

from anthyx_server.cli import cli
from tests.support.program import run_apart, run_here

SETTINGS = {"ANTHYX_REDIS_URL": "unix:///nonexistent/redis.sock"}
OWNER = ("--plan", "free", "--owner", "owner@example.com")


def every_command(command: click.Command, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    inner: dict[str, click.Command] = getattr(command, "commands", {})
    found = [path] if not inner else []
    return found + [
        each for name, sub in inner.items() for each in every_command(sub, (*path, name))
    ]


def test_the_data_directory_can_be_named_anywhere(tmp_path: Path) -> None:
    named = ("--data-dir", str(tmp_path / "data"))
    assert run_here((*named, "migrate"), SETTINGS).exit_code == 0
    assert (tmp_path / "data" / "anthyx.db").exists()
    made = run_here(("workspaces", *named, "create", "Acme", *OWNER, "--json"), SETTINGS)
    workspace = json.loads(made.output)["workspace_id"]
    for arguments in (
        ("workspaces", "list", *named),
        (*named, "workspaces", "list"),
        ("workspaces", *named, "list"),
    ):
        assert workspace in run_here(arguments, SETTINGS).output
    by_variable = SETTINGS | {"ANTHYX_DATA_DIR": named[1]}
    assert workspace in run_here(("workspaces", "list"), by_variable).output
    other = by_variable | {"ANTHYX_DATA_DIR": str(tmp_path / "other")}
    assert workspace in run_here(("workspaces", "list", *named), other).output
    assert not (tmp_path / "other").exists()


def test_the_data_directory_is_below_the_working_one_by_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_here(("migrate",), SETTINGS).exit_code == 0
    files = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / ".anthyx").iterdir()}
    assert files.keys() >= {"anthyx.db", "secrets.json"}
    assert set(files.values()) == {0o600}


@pytest.mark.parametrize("path", every_command(cli), ids=" ".join)
def test_every_command_explains_itself(path: tuple[str, ...]) -> None:
    outcome = run_here((*path, "--help"), {})
    assert (outcome.exit_code, outcome.errors) == (0, "")
    assert outcome.output.startswith(f"Usage: anthyx-server {' '.join(path)}")
    assert "--data-dir" in outcome.output
    assert "None" not in outcome.output


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("nothing",), "No such command 'nothing'"),
        (("workspaces", "nothing"), "No such command 'nothing'"),
        (("migrate", "--force"), "No such option"),
        (("migrate", "now"), "unexpected extra argument"),
        (("web", "--port", "0"), "0 is not in the range"),
        (("web", "--port", "http"), "'http' is not a valid integer"),
        (("serve", "--workers", "0"), "0 is not in the range"),
        (("migrate", "--data-dir"), "requires an argument"),
    ],
)
def test_misuse_is_one_line(arguments: tuple[str, ...], reason: str) -> None:
    assert reason in run_here(arguments, {}).refusal


def test_no_command_shows_what_there_is() -> None:
    outcome = run_here((), {})
    assert outcome.exit_code == 2
    assert "workspaces" in outcome.errors


def test_openapi_needs_no_deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = run_here(("openapi",), {})
    assert (outcome.exit_code, outcome.errors) == (0, "")
    document = json.loads(outcome.output)
    assert document["openapi"].startswith("3.1")
    assert "/v1/brands" in document["paths"]
    assert list(tmp_path.iterdir()) == []


def test_a_process_of_its_own_does_the_same(tmp_path: Path) -> None:
    named = ("--data-dir", str(tmp_path / "data"))
    run_here((*named, "migrate"), SETTINGS)
    made = run_apart(("workspaces", "create", "Acme", *OWNER, "--json", *named), SETTINGS)
    assert (made.exit_code, made.errors) == (0, "")
    assert json.loads(made.output)["api_key"]["secret"].startswith("anthyx_live_")
    with closing(sqlite3.connect(tmp_path / "data" / "anthyx.db")) as connection:
        [(password_hash,)] = connection.execute("SELECT password_hash FROM members")
    assert password_hash.startswith("$2b$12$")
    checked = run_apart((*named, "check"), SETTINGS)
    assert checked.exit_code == 1
    assert "\nproblem: Redis does not answer" in checked.output
