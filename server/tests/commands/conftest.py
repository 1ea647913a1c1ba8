"""The operator's program on both kinds of database, and an application on the same data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask

from anthyx_server.config import Settings
from tests.support.apps import Account, environment, make_settings, open_app
from tests.support.program import Outcome, run_here
from tests.support.redis import RedisServer, throwaway_redis

OWNER = "Owner@Example.com"


@dataclass(frozen=True)
class Operator:
    """Runs commands on one deployment, whose requests `app` answers."""

    app: Flask
    settings: Settings
    redis: RedisServer

    @property
    def environ(self) -> dict[str, str]:
        """The `ANTHYX_*` variables of this deployment."""
        every = environment(self.settings)
        return {name: text for name, text in every.items() if name.startswith("ANTHYX_")}

    def try_to(self, *arguments: str, answer: str | None = None, **changed: str) -> Outcome:
        """Run a command, with some variables `changed` (named without their prefix)."""
        values = {f"ANTHYX_{name}": text for name, text in changed.items()}
        return run_here(arguments, self.environ | values, answer)

    def run(self, *arguments: str, **options: Any) -> str:
        """Run a command that must succeed; what it printed."""
        outcome = self.try_to(*arguments, **options)
        assert (outcome.exit_code, outcome.errors) == (0, ""), outcome
        return outcome.output

    def refusal(self, *arguments: str, **options: Any) -> str:
        """Run a command that must be refused; the line that says why."""
        return self.try_to(*arguments, **options).refusal

    def workspace(self, plan: str = "agency", name: str = "Acme") -> dict[str, Any]:
        """Make a workspace; what `workspaces create --json` printed."""
        options = ("--plan", plan, "--owner", OWNER, "--json")
        made: dict[str, Any] = json.loads(self.run("workspaces", "create", name, *options))
        return made

    def key(self, workspace: str, *options: str) -> dict[str, str]:
        """Make a key; what `keys create --json` printed."""
        chosen = ("--workspace", workspace, "--name", "From the shell", "--json", *options)
        made: dict[str, str] = json.loads(self.run("keys", "create", *chosen))
        return made

    def account(self, made: dict[str, Any]) -> Account:
        """Requests with the key that `workspace` returned."""
        key = made["api_key"]
        return Account(self.app, made["workspace_id"], key["id"], key["secret"])


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def operator(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Operator]:
    """One deployment per kind of database for all tests of a file: each makes its workspaces."""
    database_url = request.getfixturevalue(f"module_{request.param}_url")
    with throwaway_redis() as redis:
        settings = make_settings(tmp_path_factory.mktemp("data"), database_url, redis.url)
        with open_app(settings) as app:
            yield Operator(app, settings, redis)
