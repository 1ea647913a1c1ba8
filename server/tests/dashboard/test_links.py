"""What single-use links lead to, and what is left of them anywhere."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace

import pyotp
import pytest
from flask import Flask

from anthyx_server import db, workspaces
from anthyx_server.config import Settings
from anthyx_server.dashboard import jobs
from anthyx_server.mail_settings import MailSettings
from tests.support.apps import open_app
from tests.support.visiting import OWNER, PASSWORD, Browser, Team, make_team, rows

NEW = "another long password"


def reset_path(team: Team, email: str = OWNER) -> str:
    with team.app.app_context(), db.transaction():
        return workspaces.offer_reset(team.caller, email).path


def invite_path(team: Team, email: str = "ada@example.com", role: str = "editor") -> str:
    with team.app.app_context(), db.transaction():
        return workspaces.invite(team.caller, email, role).link.path


def test_an_invite_is_accepted_once(team: Team) -> None:
    path = invite_path(team)
    browser = Browser(team.app)
    page = browser.get(path)
    assert "ada@example.com" in page.text
    assert "editor" in page.text
    short = browser.post(path, password="short")
    assert short.status_code == 422
    assert "at least 12 characters" in short.text
    assert browser.post(path, password=NEW).status_code == 303
    assert browser.is_signed_in()
    assert browser.get(path).status_code == 404
    assert Browser(team.app).sign_in("ada@example.com", NEW).status_code == 303


def test_a_reset_ends_all_sessions_and_signs_in(team: Team) -> None:
    others = [team.browser(), team.browser()]
    path = reset_path(team)
    browser = Browser(team.app)
    assert browser.post(path, password=NEW).status_code == 303
    assert browser.is_signed_in()
    assert not any(other.is_signed_in() for other in others)
    assert Browser(team.app).sign_in().status_code == 401
    again = browser.post(path, on="/account", password=NEW)
    assert again.status_code == 404
    assert "does not hold" in again.text


def test_a_reset_is_no_way_around_the_second_factor(team: Team) -> None:
    member = team.browser()
    member.post("/account/second-factor", on="/account")
    key = member.get("/account/second-factor").text.partition('aria-label="Key">')[2]
    code = pyotp.TOTP(key.partition("<")[0].replace(" ", "")).now()
    member.post("/account/second-factor/confirm", on="/account", code=code)
    browser = Browser(team.app)
    answer = browser.post(reset_path(team), password=NEW)
    assert answer.status_code == 200
    assert "Sign in with it" in answer.text
    assert not browser.is_signed_in()
    assert not member.is_signed_in()
    assert 'name="code"' in browser.sign_in(OWNER, NEW).text


def test_a_link_leads_nowhere_else(team: Team) -> None:
    path = reset_path(team)
    wrong = [path.replace("/reset/", "/invites/"), "/reset/never-made", "/reset/%FF"]
    for each in wrong:
        assert Browser(team.app).get(each).status_code == 404
    browser = Browser(team.app)
    browser.get(path)
    assert browser.send(path, password=NEW).status_code == 400, "without a token of ours"
    assert Browser(team.app).get(path).status_code == 200, "and the link holds on"


def test_the_link_is_in_no_log_and_no_referer(team: Team, caplog: pytest.LogCaptureFixture) -> None:
    path = reset_path(team)
    browser = Browser(team.app)
    with caplog.at_level(logging.DEBUG):
        shown = browser.get(path)
        done = browser.post(path, password=NEW)
    token = path.rpartition("/")[2]
    assert token not in caplog.text
    assert any("/reset/<string:token>" in message for message in caplog.messages)
    assert token not in shown.text
    for answer in (shown, done, browser.get(path)):
        assert answer.headers["Referrer-Policy"] == "strict-origin"
        assert answer.headers["Cache-Control"] == "no-store"


def test_without_mail_forgot_says_whom_to_ask(team: Team) -> None:
    page = Browser(team.app).get("/forgot")
    assert "reset-password" in page.text
    assert 'name="email"' not in page.text


@pytest.fixture
def mailing(settings: Settings) -> Iterator[Flask]:
    mail = MailSettings("127.0.0.1", 1, "anthyx@example.com")
    with open_app(replace(settings, mail=mail)) as opened:
        yield opened


def test_forgot_answers_the_same_and_offers_links_in_every_workspace(mailing: Flask) -> None:
    team = make_team(mailing)
    make_team(mailing, name="Other")
    team.add("ada@example.com", "editor")
    for email in (f" {OWNER.upper()}", "nobody@example.com", "a\0b@c.d", "x" * 300):
        answer = Browser(mailing).post("/forgot", email=email)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/forgot?sent=yes")
    assert "Look at your mail" in Browser(mailing).get("/forgot?sent=yes").text
    with mailing.app_context():
        jobs.offer_wanted_resets()
    assert rows(mailing, "wanted_resets") == []
    mails = rows(mailing, "mails")
    assert [mail["address"] for mail in mails] == [OWNER, OWNER]
    assert len({link["workspace_id"] for link in rows(mailing, "member_links")}) == 2
    assert Browser(mailing).sign_in(OWNER, PASSWORD).status_code == 200, "the old one holds"


def test_forgot_fills_nobodys_mailbox(mailing: Flask) -> None:
    make_team(mailing)
    for number in range(6):
        answer = Browser(mailing, address=f"192.0.2.{number}").post("/forgot", email=OWNER)
        assert answer.status_code == 303
    assert len(rows(mailing, "wanted_resets")) == 3
