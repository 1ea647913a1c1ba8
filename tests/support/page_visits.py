"""Members who look at pages with the test client, signed in as people sign in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from anthyx_server import db, workspaces
from anthyx_server.ids import new_id
from anthyx_server.workspaces import Member
from tests.support.apps import Account
from tests.support.visiting import Browser, password_hash, token_in


@dataclass(frozen=True)
class Visit:
    """Somebody who is signed in; forms carry the token of the page that is looked at last."""

    client: FlaskClient
    member_id: str
    email: str

    def get(self, path: str, status: int = 200) -> str:
        """A page's HTML."""
        answer = self.client.get(path)
        assert answer.status_code == status, answer.text
        return answer.text

    def post(
        self, path: str, *, form_id: str | None = None, **fields: str | list[str]
    ) -> TestResponse:
        """Send a form of ours; with one `form_id` twice, it is the same form."""
        own = {"form_token": self.form_token(), "form_id": form_id or new_id("form")}
        return self.client.post(path, data=own | fields)

    def form_token(self) -> str:
        """What this session's forms carry."""
        return token_in(self.get("/posts"))


def visit(
    account: Account, role: str = "owner", brand_ids: list[str] | None = None, mode: str = "live"
) -> Visit:
    """The owner of a workspace, or somebody new with another role, signed in."""
    with account.app.app_context(), db.transaction():
        member: Member = workspaces.list_members(account.workspace_id)[0]
        if role != "owner":
            email = f"{new_id('x')}@example.com"
            member = workspaces.invite(account.caller, email, role, brand_ids).member
        else:
            # The same address may own several workspaces, and signs in to the first.
            member.email = f"{new_id('owner')}@example.com"
        member.password_hash = password_hash()
        member_id, email = member.id, member.email
    browser = Browser(account.app)
    answer = browser.sign_in(email)
    assert answer.status_code in {302, 303}, answer.text
    if mode == "test":
        browser.post("/mode", on="/posts", mode=mode)
    return Visit(browser.client, member_id, email)


def text_of(html: str) -> str:
    """What a page says, without its markup."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())
