"""What is told to whom: rows in the transaction of what they tell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from anthyx_server import clock, db, events
from anthyx_server.config import Settings
from anthyx_server.events import service
from anthyx_server.keys import jobs as keys_jobs
from anthyx_server.mail_settings import MailSettings
from anthyx_server.notices import jobs
from anthyx_server.webhooks import disabling
from anthyx_server.webhooks.endpoints import jobs as endpoint_jobs
from anthyx_server.webhooks.models import WebhookEndpoint, WebhookQueue
from tests.support.apps import Account, issue_key, open_app
from tests.support.deliveries import change, subscribe
from tests.support.visiting import CHROME, OWNER, Browser, Team, make_team, rows, set_rows

SECRET_URL = "https://hooks.example.com/T0KEN?key=s3cret"


@pytest.fixture
def mailing(settings: Settings) -> Iterator[Flask]:
    mail = MailSettings("127.0.0.1", 1, "anthyx@example.com")
    with open_app(replace(settings, mail=mail)) as opened:
        yield opened


def account_of(team: Team, mode: str = "live") -> Account:
    issued = issue_key(team.app, team.workspace_id, mode, name="Zap")
    return Account(team.app, team.workspace_id, issued.key.id, issued.token, mode)


def notices(team: Team) -> list[dict[str, Any]]:
    return rows(team.app, "notices")


def test_a_leaked_key_is_told_to_owner_and_admins(mailing: Flask) -> None:
    team = make_team(mailing)
    set_rows(mailing, "workspaces", timezone="Europe/Berlin")
    team.add("admin@example.com", "admin")
    team.add("editor@example.com", "editor")
    account = account_of(team)
    report = {"tokens": [account.token], "url": "https://paste.example/x", "source": "github"}
    assert account.post("/leaked-keys", json=report).status_code == 202
    (notice,) = notices(team)
    assert notice["subject"] == "The API key “Zap” was found in public"
    assert account.token not in str(notice)
    assert "https://paste.example/x" in notice["text"]
    assert "(Europe/Berlin)" in notice["text"]
    assert " UTC" in notice["text"]
    addresses = {mail["address"] for mail in rows(mailing, "mails")}
    assert addresses == {OWNER, "admin@example.com"}


def test_what_is_rolled_back_tells_nothing(team: Team) -> None:
    key = {"name": "Zap", "prefix": "p", "last4": "q", "mode": "live"}

    def fail() -> None:
        with db.transaction():
            events.publish(team.caller, "api_key.leaked", ("api_key", "key_1"), key)
            raise ZeroDivisionError

    with team.app.app_context(), pytest.raises(ZeroDivisionError):
        fail()
    assert notices(team) == []


def test_an_expiring_key_is_told_twice(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    ends_at = clock.now() + timedelta(days=6)
    issue_key(team.app, team.workspace_id, name="Short", expires_at=ends_at)
    with team.app.app_context():
        keys_jobs.announce_expiring_keys()
        keys_jobs.announce_expiring_keys()
    monkeypatch.setattr(clock, "now", lambda: ends_at - timedelta(hours=12))
    with team.app.app_context():
        keys_jobs.announce_expiring_keys()
    assert [notice["kind"] for notice in notices(team)] == ["api_key.expiring"] * 2


def test_examples_of_events_tell_nothing(team: Team) -> None:
    account = account_of(team, "test")
    for name in ("api_key.leaked", "webhook_endpoint.disabled"):
        assert account.post("/events", json={"type": name}).status_code == 201
    assert notices(team) == []


def turn_off(team: Team) -> str:
    """An endpoint's id; the endpoint answered 410."""
    endpoint_id = subscribe(account_of(team), SECRET_URL)
    with team.app.app_context(), db.transaction():
        endpoint = db.db.session.get(WebhookEndpoint, endpoint_id)
        assert endpoint is not None
        disabling.disable(team.caller, endpoint, disabling.GONE)
    return endpoint_id


def test_an_endpoint_that_is_turned_off_is_told_without_its_secrets(team: Team) -> None:
    turn_off(team)
    (notice,) = notices(team)
    assert "hooks.example.com" in notice["subject"]
    assert "410 Gone" in notice["text"]
    assert "T0KEN" not in str(notice)
    assert "s3cret" not in str(notice)


def test_an_endpoint_of_which_the_event_holds_the_id_alone_is_named_by_it(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MAX_BODY_BYTES", 400)
    endpoint_id = turn_off(team)
    (notice,) = notices(team)
    assert notice["subject"] == f"The webhook endpoint {endpoint_id} was turned off"
    assert f"Your webhook endpoint {endpoint_id} was turned off at " in notice["text"]


def test_an_endpoint_that_fails_for_a_day_is_told_once_each_time(team: Team) -> None:
    account = account_of(team)
    endpoint_id = subscribe(account, SECRET_URL)

    def look(since: timedelta | None, **endpoint: Any) -> int:
        began = None if since is None else clock.now() - since
        change(account, WebhookQueue, {"endpoint_id": endpoint_id}, failing_since=began)
        if endpoint:
            change(account, WebhookEndpoint, {"id": endpoint_id}, **endpoint)
        with team.app.app_context():
            endpoint_jobs.tell_failing_endpoints()
            endpoint_jobs.tell_failing_endpoints()
        return len(notices(team))

    assert look(None) == 0
    assert look(timedelta(hours=23)) == 0
    assert look(timedelta(hours=25)) == 1
    assert look(timedelta(hours=26)) == 2
    assert look(timedelta(hours=27), status="disabled") == 2
    assert "T0KEN" not in str(notices(team))


def test_a_sign_in_from_somewhere_new_is_told_to_the_member_alone(mailing: Flask) -> None:
    team = make_team(mailing)
    team.add("admin@example.com", "admin")
    Browser(mailing).sign_in()
    assert notices(team) == [], "the first one tells nothing"
    Browser(mailing).sign_in()
    assert notices(team) == []
    Browser(mailing, user_agent=CHROME).sign_in()
    (notice,) = notices(team)
    assert notice["member_id"] == team.owner_id
    assert "Chrome on macOS" in notice["text"]
    Browser(mailing, address="198.51.100.9").sign_in()
    assert len(notices(team)) == 2
    assert "198.51.100.9" in notices(team)[-1]["text"]
    Browser(mailing, address="198.51.100.9").sign_in()
    assert len(notices(team)) == 2
    assert {mail["address"] for mail in rows(mailing, "mails")} == {OWNER}
    admin = team.browser("admin@example.com")
    assert "New sign-in" not in admin.get("/settings/workspace").text


def test_a_name_can_move_nothing_in_a_mail(team: Team) -> None:
    with team.app.app_context(), db.transaction():
        key = {"name": "a\r\nBcc: x@y.z\u202e\x00", "prefix": "p", "last4": "q", "mode": "live"}
        events.publish(team.caller, "api_key.leaked", ("api_key", "key_1"), key)
    (notice,) = notices(team)
    assert notice["subject"] == "The API key “a Bcc: x@y.z” was found in public"
    assert "\r" not in notice["text"]
    assert "\u202e" not in notice["text"]


def test_old_notices_are_forgotten_with_their_mails(mailing: Flask) -> None:
    team = make_team(mailing)
    account = account_of(team)
    account.post("/leaked-keys", json={"tokens": [account.token]})
    assert len(rows(mailing, "mails")) == 1
    set_rows(mailing, "notices", created_at=clock.now() - timedelta(days=91))
    with mailing.app_context():
        jobs.forget_old_notices()
        assert db.db.session.scalar(sa.text("SELECT count(*) FROM mails")) == 0
