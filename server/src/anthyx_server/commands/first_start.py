"""The first start of an embedded deployment: a workspace, its owner, a key to try."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from anthyx_server import db
from anthyx_server.app import opened
from anthyx_server.config import Settings
from anthyx_server.keys import SCOPES, issue
from anthyx_server.tenancy import system_caller
from anthyx_server.workspaces import create_workspace, list_workspaces, offer_reset

_NAME = "My workspace"
_PLAN = "starter"
_OWNER = "owner@example.com"
_LINK_HOLDS_FOR = timedelta(hours=1)


@dataclass(frozen=True)
class FirstStart:
    """What is printed once; where others reach the server, a link and neither password nor key.

    What a terminal or a log shows for ever must be worth nothing soon.
    """

    workspace_id: str
    password: str = field(repr=False)
    token: str | None = field(repr=False)
    link: str | None = field(repr=False)

    def describe(self, settings: Settings) -> list[str]:
        """The lines to print."""
        lines = [
            f"Made the workspace {self.workspace_id} ({_NAME}, {_PLAN}).",
            f"Its owner:   {_OWNER}",
        ]
        make = f"anthyx-server keys create --workspace {self.workspace_id} --name NAME"
        if self.link is not None:
            again = f"anthyx-server members reset-password {_OWNER} --workspace {self.workspace_id}"
            return [
                *lines,
                f"Sign in:     {settings.public_url}{self.link}",
                "",
                "The link holds once, for an hour: it asks for the owner's password.",
                f"For another: {again}",
                "",
                f"Make an API key with: {make}",
            ]
        curl = f"curl -H 'Authorization: Bearer {self.token}' {settings.public_url}/v1/workspace"
        return [
            *lines,
            f"Password:    {self.password}",
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
        caller, token, link = system_caller(made.workspace.id, "live"), None, None
        if settings.is_reachable_by_others:
            link = offer_reset(caller, _OWNER, _LINK_HOLDS_FOR).path
        else:
            token = issue(caller, {"name": "First key", "scopes": SCOPES}).token
        return FirstStart(made.workspace.id, made.password, token, link)
