"""The server whose pages are tested, and the people who use it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from flask import Flask

from anthyx_server import db, workspaces
from anthyx_server.config import Settings
from anthyx_server.tenancy import system_caller
from anthyx_server.workspaces import PERMISSIONS
from tests.support.apps import Account, issue_key
from tests.support.redis import RedisServer

ROLES = tuple(PERMISSIONS)
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Person:
    """A member who can sign in."""

    member_id: str
    email: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Team:
    """A workspace, without any key, and its people."""

    site: Site
    workspace_id: str
    owner: Person

    def account(self, mode: str = "live", **values: object) -> Account:
        """The workspace through a new key with all scopes, or with these values."""
        issued = issue_key(self.site.app, self.workspace_id, mode, **values)
        return Account(self.site.app, self.workspace_id, issued.key.id, issued.token, mode)

    def person(self, role: str, brand_ids: list[str] | None = None) -> Person:
        """The owner, or somebody who joined with another role; a client needs brands."""
        if role == "owner":
            return self.owner
        caller = system_caller(self.workspace_id, "live")
        email, password = f"{role}-{next(_numbers)}@example.com", f"A password of {role}"
        with self.site.app.app_context():
            with db.transaction():
                link = workspaces.invite(caller, email, role, brand_ids).link
            with db.transaction():
                member = workspaces.accept_invite(link.path.rpartition("/")[2], password)
                return Person(member.id, email, password)


@dataclass(frozen=True)
class Site:
    """A running web server (`url`), and the application in this process over the same data."""

    url: str
    app: Flask
    settings: Settings
    redis: RedisServer

    def team(self, plan: str = "starter", name: str = "Acme") -> Team:
        """A new workspace with its owner."""
        email = f"owner-{next(_numbers)}@example.com"
        with self.app.app_context(), db.transaction():
            made = workspaces.create_workspace(name, plan, email)
            owner = Person(made.owner.id, email, made.password)
            return Team(self, made.workspace.id, owner)
