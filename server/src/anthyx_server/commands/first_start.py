"""The first start of an embedded deployment: a workspace, its owner, a key to try."""

from __future__ import annotations

from dataclasses import dataclass, field

from anthyx_server import db
from anthyx_server.app import opened
from anthyx_server.config import Settings
from anthyx_server.keys import SCOPES, issue
from anthyx_server.tenancy import system_caller
from anthyx_server.workspaces import create_workspace, list_workspaces

_NAME = "My workspace"
_PLAN = "starter"
_OWNER = "owner@example.com"


@dataclass(frozen=True)
class FirstStart:
    """What is printed once; the token is None where the server is reachable by others."""

    workspace_id: str
    password: str = field(repr=False)
    token: str | None = field(repr=False)

    def describe(self, settings: Settings) -> list[str]:
        """The lines to print."""
        lines = [
            f"Made the workspace {self.workspace_id} ({_NAME}, {_PLAN}).",
            f"Its owner:   {_OWNER}",
            f"Password:    {self.password}",
        ]
        if self.token is None:
            make = f"anthyx-server keys create --workspace {self.workspace_id} --name NAME"
            return [*lines, "", f"Make an API key with: {make}"]
        curl = f"curl -H 'Authorization: Bearer {self.token}' {settings.public_url}/v1/workspace"
        return [
            *lines,
            f"API key:     {self.token}",
            "",
            "These are shown once. Try:",
            "",
            f"  {curl}",
        ]


def make_first_workspace(settings: Settings) -> FirstStart | None:
    """Make a workspace with a key where there is none yet; the schema must be up to date."""
    with opened(settings), db.transaction():
        if list_workspaces():
            return None
        made = create_workspace(_NAME, _PLAN, _OWNER)
        token = None
        if not settings.is_reachable_by_others:
            caller = system_caller(made.workspace.id, "live")
            token = issue(caller, {"name": "First key", "scopes": SCOPES}).token
        return FirstStart(made.workspace.id, made.password, token)
