"""Members who are signed in, and a page as they get it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from anthyx_server import clock, db, workspaces
from anthyx_server.config import Settings
from anthyx_server.dashboard.guard import form_token
from anthyx_server.dashboard.models import PageSession
from anthyx_server.dashboard.sessions import digest_of
from anthyx_server.ids import new_id
from anthyx_server.webhook_settings import WebhookSettings
from tests.support.apps import Account, make_settings
from tests.support.visiting import Team

PATH = "/settings/integrations/webhooks"


@dataclass(frozen=True)
class Person:
    """A member with a session in a browser."""

    app: Flask
    token: str = field(repr=False)

    def get(self, path: str = "") -> TestResponse:
        """A page of webhooks."""
        return self._client().get(PATH + path)

    def post(self, path: str, **fields: object) -> TestResponse:
        """Send a form of ours to a page of webhooks."""
        with self.app.app_context():
            fields.setdefault("form_token", form_token(self.token))
        return self._client().post(PATH + path, data=fields)

    def _client(self) -> FlaskClient:
        client = self.app.test_client()
        client.set_cookie("anthyx_session", self.token, domain="localhost")
        return client


def sign_in(account: Account, member_id: str, *, confirmed_ago: float = 0) -> Person:
    """A session of a member who gave the password so many seconds ago."""
    token, moment = new_id("token"), clock.now()
    with account.app.app_context(), db.transaction():
        db.db.session.add(
            PageSession(
                digest=digest_of(token),
                member_id=member_id,
                mode=account.mode,
                address=None,
                browser="",
                created_at=moment,
                seen_at=moment,
                ends_at=moment + timedelta(days=1),
                confirmed_at=moment - timedelta(seconds=confirmed_ago),
            )
        )
    return Person(account.app, token)


def owner_of(account: Account, **options: float) -> Person:
    """The owner of a workspace, signed in."""
    with account.app.app_context():
        member = workspaces.list_members(account.workspace_id)[0]
        member_id = member.id
    return sign_in(account, member_id, **options)


def member_of(account: Account, role: str, brand_ids: list[str] | None = None) -> Person:
    """Somebody with a role who joined the workspace, signed in."""
    team = Team(account.app, account.workspace_id, "")
    member_id = team.add(f"{role}@example.com", role, brand_ids)
    return sign_in(account, member_id)


def text_of(response: TestResponse) -> str:
    """What a page says, without its markup."""
    without = re.sub(r"<[^>]*>", " ", response.get_data(as_text=True))
    return " ".join(unescape(without).split())


@pytest.fixture
def settings(database_url: str, redis_url: str, tmp_path: Path) -> Settings:
    """As everywhere, but webhooks may go to this machine."""
    webhooks = WebhookSettings(are_private_allowed=True)
    return make_settings(tmp_path, database_url, redis_url, webhooks=webhooks)


@pytest.fixture
def owner(account: Account) -> Person:
    """The owner of `account`."""
    return owner_of(account)
