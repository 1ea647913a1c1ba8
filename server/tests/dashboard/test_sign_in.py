"""Signing in and out: who gets in, what is counted, and what a session is worth."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import bcrypt
import pytest
from flask import Flask

from anthyx_server import clock, db, workspaces
from anthyx_server.config import Settings
from anthyx_server.dashboard import jobs, sessions
from anthyx_server.ids import new_id
from tests.support.apps import open_app
from tests.support.redis import RedisServer
from tests.support.visiting import OWNER, PASSWORD, Browser, Team, make_team, rows, set_rows


def test_the_password_opens_a_session_under_a_new_token(team: Team) -> None:
    browser = Browser(team.app)
    assert browser.get("/account").headers["Location"] == "/sign-in?next=/account"
    browser.get("/sign-in")
    planted = browser.cookie()
    answer = browser.sign_in(" Owner@Example.com ", next="/account")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account")
    assert browser.cookie() != planted
    assert browser.is_signed_in()
    (row,) = rows(team.app, "page_sessions")
    assert str(browser.cookie()) not in str(row), "only its digest is kept"


def test_another_sign_in_ends_the_session_before(team: Team) -> None:
    browser = team.browser()
    old = browser.cookie()
    assert browser.sign_in().status_code == 303
    assert browser.cookie() != old
    assert len(rows(team.app, "page_sessions")) == 1


@pytest.mark.parametrize(
    ("email", "password"),
    [
        (OWNER, "wrong password"),
        (OWNER, ""),
        ("nobody@example.com", PASSWORD),
        ("", ""),
        ("a\0b@example.com", PASSWORD),
        ("\ud800@example.com".encode("utf-8", "surrogatepass"), PASSWORD),
    ],
)
def test_who_does_not_fit_is_told_the_same(team: Team, email: str, password: str) -> None:
    answer = Browser(team.app).sign_in(email, password)
    assert answer.status_code == 401
    assert "Email or password is wrong." in answer.text
    if password:
        assert password not in answer.text
    assert rows(team.app, "page_sessions") == []


def test_nobody_costs_as_many_hashes_as_somebody(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[bytes] = []
    check = bcrypt.checkpw

    def count(password: bytes, digest: bytes) -> bool:
        looked_at.append(digest)
        return check(password, digest)

    monkeypatch.setattr(bcrypt, "checkpw", count)
    costs = []
    with team.app.app_context():
        for number in range(64):
            looked_at.clear()
            workspaces.authenticate(f"nobody-{number}@example.com", "x")
            costs.append(len(looked_at))
        looked_at.clear()
        workspaces.authenticate(OWNER, "x")
    assert len(looked_at) == 1
    assert set(costs) <= {1, 2, 3}
    assert costs.count(1) > 40
    assert len(set(costs)) > 1, "two hashes do not tell that there is somebody"


def test_no_connection_is_held_while_hashes_are_computed(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check(_password: bytes, _digest: bytes) -> bool:
        assert not db.db.session().in_transaction()
        return False

    monkeypatch.setattr(bcrypt, "checkpw", check)
    with team.app.app_context():
        assert workspaces.authenticate(OWNER, PASSWORD) == []


def test_too_many_wrong_passwords_lock_an_account_for_a_while(team: Team) -> None:
    for number in range(10):
        spelled = OWNER.upper() if number % 2 else f" {OWNER}"
        browser = Browser(team.app, address=f"192.0.2.{number}")
        assert browser.sign_in(spelled, "wrong").status_code == 401
    answer = Browser(team.app, address="198.51.100.1").sign_in()
    assert answer.status_code == 429
    assert "Too many attempts" in answer.text


def test_too_many_wrong_passwords_lock_an_address_whoever_it_tries(team: Team) -> None:
    browser = Browser(team.app, address="2001:db8::1")
    for number in range(50):
        assert browser.sign_in(f"nobody-{number}@example.com", "x").status_code == 401
    neighbor = Browser(team.app, address="2001:db8::2")
    assert neighbor.sign_in().status_code == 429
    assert Browser(team.app, address="2001:db8:0:1::1").sign_in().status_code == 303


def test_attempts_at_once_are_no_way_around_the_throttle(team: Team) -> None:
    def attempt(_: int) -> int:
        return Browser(team.app).sign_in(password="wrong").status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(attempt, range(24)))
    assert sorted(statuses) == [401] * 10 + [429] * 14


def test_right_passwords_are_not_counted(team: Team) -> None:
    for _ in range(12):
        assert Browser(team.app).sign_in().status_code == 303


def test_attempts_are_counted_while_redis_is_away(team: Team, redis_server: RedisServer) -> None:
    redis_server.stop()
    statuses = [Browser(team.app).sign_in(password="wrong").status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429]


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "\\\\evil.example",
        "/a\\b",
    ],
)
def test_nobody_is_sent_elsewhere(team: Team, target: str) -> None:
    browser = Browser(team.app)
    answer = browser.sign_in(next=target)
    assert answer.headers["Location"] == "/"
    shown = Browser(team.app).client.get("/sign-in", query_string={"next": target})
    assert "evil" not in shown.text


def test_a_form_of_another_session_or_site_signs_nobody_in(team: Team) -> None:
    theirs = Browser(team.app)
    token = theirs.post("/sign-in").text.partition('form_token" value="')[2][:64]
    mine = Browser(team.app)
    mine.get("/sign-in")
    answer = mine.send("/sign-in", email=OWNER, password=PASSWORD, form_token=token)
    assert answer.status_code == 400
    assert "Sign in again" in answer.text
    assert not mine.is_signed_in()
    # The page that comes with the refusal works.
    assert mine.sign_in().status_code == 303
    foreign = mine.client.post(
        "/sign-out", data={"form_token": mine.token()}, headers={"Origin": "https://evil.example"}
    )
    assert foreign.status_code == 400
    assert mine.is_signed_in()


def test_a_password_that_changes_meanwhile_opens_nothing(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = bcrypt.checkpw

    def change_it_too(password: bytes, digest: bytes) -> bool:
        fits = check(password, digest)
        set_rows(
            team.app, "members", password_hash=bcrypt.hashpw(b"new", bcrypt.gensalt()).decode()
        )
        return fits

    monkeypatch.setattr(bcrypt, "checkpw", change_it_too)
    assert Browser(team.app).sign_in().status_code == 401
    assert rows(team.app, "page_sessions") == []


def test_who_is_in_several_workspaces_chooses_one(team: Team) -> None:
    make_team(team.app, name="Other <b>Inc</b>")
    browser = Browser(team.app)
    page = browser.sign_in(next="/account")
    assert page.status_code == 200
    assert "Other &lt;b&gt;Inc&lt;/b&gt;" in page.text
    step = page.text.partition('name="step" value="')[2].partition('"')[0]
    token = page.text.partition('form_token" value="')[2][:64]
    members = page.text.split('name="member" value="')[1:]
    chosen = members[1].partition('"')[0]
    form = {"step": step, "form_token": token, "next": "/account"}
    assert browser.send("/sign-in", member=new_id("usr"), **form).status_code == 400
    assert browser.send("/sign-in", member=chosen, **form).status_code == 303
    assert "Other &lt;b&gt;Inc&lt;/b&gt;" in browser.get("/account").text


def test_the_step_is_worth_nothing_in_another_browser(team: Team) -> None:
    make_team(team.app, name="Other")
    page = Browser(team.app).sign_in()
    step = page.text.partition('name="step" value="')[2].partition('"')[0]
    thief = Browser(team.app)
    answer = thief.post("/sign-in", step=step, member=team.owner_id)
    assert answer.status_code == 400
    assert not thief.is_signed_in()


def test_signing_out_ends_the_session(team: Team) -> None:
    browser = team.browser()
    token = browser.cookie()
    answer = browser.post("/sign-out", on="/account")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")
    browser.client.set_cookie("anthyx_session", str(token))
    assert not browser.is_signed_in()


def test_a_session_ends_idle_and_after_its_life(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = clock.now()
    browser = team.browser()
    monkeypatch.setattr(clock, "now", lambda: start + timedelta(hours=12, seconds=1))
    assert not browser.is_signed_in()
    monkeypatch.setattr(clock, "now", lambda: start)
    browser.sign_in()
    for hours in range(10, 14 * 24, 10):
        monkeypatch.setattr(clock, "now", lambda hours=hours: start + timedelta(hours=hours))
        assert browser.is_signed_in()
    monkeypatch.setattr(clock, "now", lambda: start + timedelta(days=14, seconds=1))
    assert not browser.is_signed_in()
    with team.app.app_context():
        jobs.forget_ended_sessions()
    assert rows(team.app, "page_sessions") == []


def test_what_a_page_asks_by_itself_keeps_nobody_signed_in(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = clock.now()
    browser = team.browser()
    monkeypatch.setattr(clock, "now", lambda: start + timedelta(hours=11))
    assert browser.client.get("/account", headers={"HX-Request": "true"}).status_code == 200
    monkeypatch.setattr(clock, "now", lambda: start + timedelta(hours=13))
    assert not browser.is_signed_in()


def test_one_member_has_so_many_sessions_at_most(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "_MOST_SESSIONS", 3)
    browsers = [team.browser() for _ in range(5)]
    assert len(rows(team.app, "page_sessions")) == 3
    assert browsers[-1].is_signed_in()


@pytest.fixture
def secure_app(settings: Settings) -> Iterator[Flask]:
    with open_app(replace(settings, public_url="https://app.example.com")) as opened:
        yield opened


def test_cookies_over_https_can_be_set_by_nobody_else(secure_app: Flask) -> None:
    make_team(secure_app)
    client = secure_app.test_client()
    page = client.get("/sign-in", base_url="https://app.example.com")
    token = page.text.partition('form_token" value="')[2][:64]
    answer = client.post(
        "/sign-in",
        data={"email": OWNER, "password": PASSWORD, "form_token": token},
        base_url="https://app.example.com",
    )
    assert answer.status_code == 303
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-anthyx=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_cookies_over_http_on_loopback_are_not_secure(team: Team) -> None:
    cookie = Browser(team.app).get("/sign-in").headers["Set-Cookie"]
    assert cookie.startswith("anthyx_session=")
    assert "Secure" not in cookie


def test_no_page_of_signing_in_is_kept_or_framed(team: Team) -> None:
    for path in ("/sign-in", "/forgot", "/reset/x", "/invites/x"):
        headers = Browser(team.app).get(path).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Frame-Options"] == "DENY"
        assert "unsafe-inline" not in headers["Content-Security-Policy"]
