"""People who look at pages: members with passwords, and browsers without a screen."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Any

import bcrypt
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from anthyx_server import clock, db, workspaces
from anthyx_server.db import Base
from anthyx_server.ids import new_id
from anthyx_server.tenancy import Caller, system_caller
from anthyx_server.workspaces import Member

PASSWORD = "correct horse battery"
OWNER = "owner@example.com"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CHROME = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Chrome/150.0 Safari/537.36"
_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]+)"')


@dataclass(frozen=True)
class Team:
    """A workspace whose people all have the same password."""

    app: Flask
    workspace_id: str
    owner_id: str

    @property
    def caller(self) -> Caller:
        """The operator, acting in this workspace."""
        return system_caller(self.workspace_id, "live")

    def add(self, email: str, role: str, brand_ids: list[str] | None = None) -> str:
        """A member who has accepted long ago; their id."""
        member = Member(
            id=new_id("usr"),
            workspace_id=self.workspace_id,
            email=email,
            role=role,
            password_hash=password_hash(),
            brand_ids=brand_ids,
            created_at=clock.now(),
        )
        member_id = member.id
        with self.app.app_context(), db.transaction():
            db.db.session.add(member)
        return member_id

    def browser(self, email: str = OWNER) -> Browser:
        """A browser in which somebody has signed in just now."""
        made = Browser(self.app)
        answer = made.sign_in(email)
        assert answer.status_code == 303, answer.text
        return made

    def member(self, email: str) -> Member:
        """A member, free of any session."""
        with self.app.app_context():
            found = workspaces.get_member(self.workspace_id, email)
            db.db.session.expunge(found)
            return found


def make_team(app: Flask, plan: str = "agency", owner: str = OWNER, name: str = "Acme") -> Team:
    """A workspace with its owner."""
    with app.app_context(), db.transaction():
        made = workspaces.create_workspace(name, plan, owner)
        made.owner.password_hash = password_hash()
        return Team(app, made.workspace.id, made.owner.id)


def password_hash() -> str:
    """What is stored of everybody's password."""
    return bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt()).decode()


class Browser:
    """A browser: it keeps cookies, and sends forms as pages have them."""

    def __init__(
        self, app: Flask, *, address: str = "192.0.2.1", user_agent: str = FIREFOX
    ) -> None:
        self.app = app
        self.client = app.test_client()
        self.address, self.user_agent = address, user_agent

    def get(self, path: str, **headers: str) -> TestResponse:
        """Open a page."""
        return self._open("GET", path, headers=headers)

    def post(self, path: str, on: str | None = None, **fields: Any) -> TestResponse:
        """Send a form to a path, as the page at `on` (or at the path) would."""
        found = _TOKEN.search(self.get(on or path).text)
        token = found[1] if found else self.token()
        return self.send(path, form_token=token, **fields)

    def send(self, path: str, **fields: Any) -> TestResponse:
        """Send these fields, and nothing else."""
        return self._open("POST", path, data=fields)

    def token(self) -> str:
        """The form token of whoever is signed in here."""
        return token_in(self.get("/account").text)

    def sign_in(self, email: str = OWNER, password: str = PASSWORD, **fields: Any) -> TestResponse:
        """Send the form of the sign-in page."""
        return self.post("/sign-in", email=email, password=password, **fields)

    def is_signed_in(self) -> bool:
        """Whether the account page shows itself."""
        return self.get("/account").status_code == 200

    def cookie(self, name: str = "anthyx_session") -> str | None:
        """The session's token."""
        found = self.client.get_cookie(name)
        return None if found is None else found.value

    def _open(self, method: str, path: str, **options: Any) -> TestResponse:
        headers = {"User-Agent": self.user_agent, **options.pop("headers", {})}
        environ = {"REMOTE_ADDR": self.address}
        return self.client.open(
            path, method=method, headers=headers, environ_base=environ, **options
        )


def token_in(page: str) -> str:
    """The token of a page's forms."""
    found = _TOKEN.search(page)
    assert found, page
    return found[1]


def field_of(answer: TestResponse, name: str) -> str:
    """What a page's form holds in a field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', answer.text)
    assert found, answer.text
    return html.unescape(found[1])


def rows(app: Flask, table: str) -> list[dict[str, Any]]:
    """All rows of a table."""
    with app.app_context():
        found = db.db.session.execute(sa.select(Base.metadata.tables[table]))
        return [dict(row) for row in found.mappings()]


def set_rows(app: Flask, table: str, **values: Any) -> None:
    """Set columns of all rows of a table."""
    with app.app_context(), db.transaction():
        db.db.session.execute(sa.update(Base.metadata.tables[table]).values(**values))
