"""A member's own page: sessions, the password, and the password again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from anthyx_server import clock
from tests.support.visiting import (
    CHROME,
    OWNER,
    PASSWORD,
    Browser,
    Team,
    rows,
    set_rows,
)

NEW = "another long password"


def later(monkeypatch: pytest.MonkeyPatch, **by: float) -> None:
    moment = clock.now() + timedelta(**by)
    monkeypatch.setattr(clock, "now", lambda: moment)


def test_sessions_are_listed_with_browser_and_address_and_ended_one_by_one(team: Team) -> None:
    mine = team.browser()
    other = Browser(team.app, address="198.51.100.7", user_agent=CHROME)
    other.sign_in()
    page = mine.get("/account").text
    assert "Firefox on Linux" in page
    assert "Chrome on macOS" in page
    assert "198.51.100.7" in page
    (theirs,) = [
        row["digest"] for row in rows(team.app, "page_sessions") if row["browser"] == CHROME
    ]
    assert mine.post("/account/sessions/end", on="/account", session=theirs).status_code == 303
    assert not other.is_signed_in()
    assert mine.is_signed_in()


def test_nobody_ends_a_session_of_somebody_else(team: Team) -> None:
    team.add("ada@example.com", "editor")
    owner = team.browser()
    (row,) = rows(team.app, "page_sessions")
    editor = team.browser("ada@example.com")
    editor.post("/account/sessions/end", on="/account", session=row["digest"])
    assert owner.is_signed_in()


def test_signing_out_everywhere_ends_this_session_too(team: Team) -> None:
    team.add("ada@example.com", "editor")
    browsers = [team.browser(), team.browser()]
    editor = team.browser("ada@example.com")
    answer = browsers[0].post("/account/sessions/end-all", on="/account")
    assert answer.headers["Location"] == "/sign-in"
    assert not any(browser.is_signed_in() for browser in browsers)
    assert editor.is_signed_in()


def test_another_password_ends_the_other_sessions(team: Team) -> None:
    mine, other = team.browser(), team.browser()
    refused = mine.post("/account/password", password="short")
    assert refused.status_code == 422
    assert other.is_signed_in()
    assert mine.post("/account/password", password=NEW).status_code == 303
    assert mine.is_signed_in()
    assert not other.is_signed_in()
    assert Browser(team.app).sign_in(OWNER, PASSWORD).status_code == 401
    assert Browser(team.app).sign_in(OWNER, NEW).status_code == 303


def test_the_password_is_asked_for_again_after_a_quarter_of_an_hour(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = team.browser()
    later(monkeypatch, minutes=15, seconds=1)
    answer = browser.get("/account/password")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/confirm?next=/account/password"
    sent = browser.post("/account/password", on="/account", password=NEW)
    assert sent.headers["Location"].startswith("/confirm?")
    wrong = browser.post("/confirm", password="wrong", next="/account/password")
    assert wrong.status_code == 422
    assert "This is not your password." in wrong.text
    right = browser.post("/confirm", password=PASSWORD, next="/account/password")
    assert (right.status_code, right.headers["Location"]) == (303, "/account/password")
    assert browser.get("/account/password").status_code == 200
    later(monkeypatch, minutes=15, seconds=1)
    assert browser.get("/account/password").status_code == 303


def test_confirming_leads_nowhere_else_and_is_throttled(team: Team) -> None:
    browser = team.browser()
    answer = browser.post("/confirm", password=PASSWORD, next="//evil.example")
    assert answer.headers["Location"] == "/"
    for _ in range(10):
        assert browser.post("/confirm", password="wrong").status_code == 422
    assert browser.post("/confirm", password=PASSWORD).status_code == 429


def test_names_and_addresses_of_sessions_are_harmless(team: Team) -> None:
    Browser(team.app, user_agent="<script>Firefox/</script>").sign_in()
    assert "<script>F" not in team.browser().get("/account").text


def test_a_form_without_our_token_does_nothing(team: Team) -> None:
    browser = team.browser()
    before = rows(team.app, "page_sessions")
    for path in (
        "/account/sessions/end-all",
        "/account/password",
        "/account/second-factor",
        "/account/second-factor/off",
        "/sign-out",
        "/confirm",
    ):
        assert browser.send(path, password=NEW).status_code == 400
    assert rows(team.app, "page_sessions") == before


def test_a_closed_workspace_has_no_sessions(team: Team) -> None:
    browser = team.browser()
    set_rows(team.app, "workspaces", removed_at=clock.now())
    assert not browser.is_signed_in()
    assert Browser(team.app).sign_in().status_code == 401
