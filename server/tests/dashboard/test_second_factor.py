"""The second factor: set up, asked for, used once, tried too often, lost, sealed anew."""

from __future__ import annotations

import html
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest

from anthyx_server import clock, dashboard
from anthyx_server.config import NamedSecret, Settings
from anthyx_server.dashboard import jobs, second_step
from tests.support.apps import open_app
from tests.support.visiting import OWNER, PASSWORD, Browser, Team, field_of, make_team, rows


class Phone:
    """An authenticator app, whose clock is ours; each code is of a later step than the last."""

    def __init__(self, key: str) -> None:
        self.totp = pyotp.TOTP(key.replace(" ", ""))

    def code(self, steps: int = 0) -> str:
        return str(self.totp.generate_otp(int(clock.unix_seconds()) // 30 + steps))


@pytest.fixture(autouse=True)
def _still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Codes and times that don't move while a test looks."""
    moment = clock.now()
    monkeypatch.setattr(clock, "now", lambda: moment)
    monkeypatch.setattr(clock, "unix_seconds", moment.timestamp)


def move(monkeypatch: pytest.MonkeyPatch, **by: float) -> None:
    moment = clock.now() + timedelta(**by)
    monkeypatch.setattr(clock, "now", lambda: moment)
    monkeypatch.setattr(clock, "unix_seconds", moment.timestamp)


def set_up(browser: Browser) -> tuple[Phone, list[str]]:
    answer = browser.post("/account/second-factor", on="/account")
    assert answer.headers["Location"] == "/account/second-factor"
    page = browser.get("/account/second-factor").text
    assert "<svg" in page
    assert "style=" not in page
    phone = Phone(html.unescape(re.findall(r'<pre id="key"[^>]*>([^<]*)<', page)[0]))
    shown = browser.post("/account/second-factor/confirm", on="/account", code=phone.code())
    assert shown.status_code == 200, shown.text
    codes = re.findall(r'<pre id="codes"[^>]*>([^<]*)<', shown.text)[0].split()
    assert len(set(codes)) == 10
    return phone, codes


def enter(browser: Browser, code: str, email: str = OWNER) -> int:
    """Sign in with the password, then a code."""
    page = browser.sign_in(email)
    assert page.status_code == 200
    assert not browser.is_signed_in()
    return send(browser, field_of(page, "step"), code)


def send(browser: Browser, step: str, code: str) -> int:
    return browser.post("/sign-in", step=step, code=code).status_code


def test_after_set_up_the_password_alone_lets_nobody_in(team: Team) -> None:
    phone, codes = set_up(team.browser())
    browser = Browser(team.app)
    assert enter(browser, "000000" if phone.code() != "000000" else "111111") == 401
    assert not browser.is_signed_in()
    assert enter(browser, phone.code(1)) == 303
    assert browser.is_signed_in()
    shown = browser.get("/account").text
    assert not any(code in shown for code in codes), "they are shown once"
    stored = str(rows(team.app, "second_factors"))
    assert phone.totp.secret not in stored
    assert not any(code in stored for code in codes)


def test_a_code_is_taken_once(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    phone, _ = set_up(team.browser())
    assert enter(Browser(team.app), phone.code()) == 401, "it was used to set up"
    move(monkeypatch, seconds=60)
    code = phone.code()
    assert enter(Browser(team.app), f" {code[:3]} {code[3:]} ") == 303
    assert enter(Browser(team.app), code) == 401
    assert enter(Browser(team.app), phone.code(-1)) == 401, "nor an older one"


def test_of_two_who_send_the_same_code_at_once_one_gets_in(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, _ = set_up(team.browser())
    move(monkeypatch, seconds=60)
    browsers = [Browser(team.app) for _ in range(3)]
    steps = [field_of(browser.sign_in(), "step") for browser in browsers]
    code = phone.code()
    with ThreadPoolExecutor(3) as pool:
        statuses = list(pool.map(send, browsers, steps, [code] * 3))
    assert sorted(statuses) == [303, 401, 401]


def test_recovery_codes_let_in_once_each(team: Team) -> None:
    _, codes = set_up(team.browser())
    assert enter(Browser(team.app), codes[3].upper().replace("-", "")) == 303
    browser = Browser(team.app)
    assert enter(browser, codes[3]) == 401
    assert enter(browser, codes[4]) == 303
    assert "8 of 10 recovery codes" in browser.get("/account").text


def test_new_recovery_codes_replace_the_old(team: Team) -> None:
    browser = team.browser()
    _, codes = set_up(browser)
    shown = browser.post("/account/recovery-codes", on="/account").text
    new = re.findall(r'<pre id="codes"[^>]*>([^<]*)<', shown)[0].split()
    assert not set(new) & set(codes)
    assert enter(Browser(team.app), codes[0]) == 401
    assert enter(Browser(team.app), new[0]) == 303


def test_wrong_codes_lock_for_a_while_also_the_right_one(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, codes = set_up(team.browser())
    browser = Browser(team.app)
    assert [enter(browser, "nonsense") for _ in range(6)] == [401] * 5 + [429]
    assert enter(browser, phone.code(1)) == 429
    assert enter(browser, codes[0]) == 429
    move(monkeypatch, minutes=16)
    assert enter(browser, phone.code()) == 303


def test_the_code_must_come_within_five_minutes(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, _ = set_up(team.browser())
    browser = Browser(team.app)
    step = field_of(browser.sign_in(), "step")
    monkeypatch.setattr(second_step, "SECONDS", -1)
    assert send(browser, step, phone.code(1)) == 400
    assert not browser.is_signed_in()


def test_the_key_counts_only_once_a_code_was_given(team: Team) -> None:
    browser = team.browser()
    browser.post("/account/second-factor", on="/account")
    wrong = browser.post("/account/second-factor/confirm", on="/account", code="123")
    assert wrong.status_code == 422
    assert "does not belong to this key" in wrong.text
    assert Browser(team.app).sign_in().status_code == 303


def test_a_key_in_use_is_shown_to_nobody(team: Team) -> None:
    browser = team.browser()
    set_up(browser)
    assert browser.get("/account/second-factor").headers["Location"] == "/account"
    assert browser.post("/account/second-factor", on="/account").status_code == 409
    assert browser.post("/account/second-factor/confirm", on="/account").status_code == 409


def test_turned_off_the_password_is_enough(team: Team) -> None:
    browser = team.browser()
    set_up(browser)
    assert browser.post("/account/second-factor/off", on="/account").status_code == 303
    assert Browser(team.app).sign_in().status_code == 303
    actions = [row["action"] for row in rows(team.app, "audit_entries")]
    assert "member.second_factor_set_up" in actions
    assert "member.second_factor_turned_off" in actions


def test_confirming_needs_the_code_too(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = team.browser()
    phone, _ = set_up(browser)
    move(monkeypatch, minutes=16)
    confirm = "/confirm?next=/account/password"
    assert 'name="code"' in browser.get(confirm).text
    alone = browser.post("/confirm", password=PASSWORD)
    assert alone.status_code == 422
    assert browser.post("/account/second-factor/off", on="/account").status_code == 303
    assert rows(team.app, "second_factors"), "nothing was done"
    assert browser.post("/confirm", password=PASSWORD, code=phone.code()).status_code == 303
    assert browser.get("/account/password").status_code == 200


def test_keys_are_sealed_anew_and_counted(settings: Settings) -> None:
    with open_app(settings) as app:
        team = make_team(app)
        phone, codes = set_up(team.browser())
    new = (NamedSecret("2", "another-encryption-key-" * 4), *settings.encryption_keys)
    with open_app(replace(settings, encryption_keys=new)) as app, app.app_context():
        assert dashboard.count_by_encryption_key() == {"1": 1}
        jobs.seal_second_factors_anew()
        assert dashboard.count_by_encryption_key() == {"2": 1}
    with open_app(replace(settings, encryption_keys=new[:1])) as app:
        assert enter(Browser(app), phone.code(1)) == 303
    with open_app(settings) as app:
        assert enter(Browser(app), codes[0]) == 303, "recovery codes need no key"
        assert enter(Browser(app), phone.code(1)) == 401
