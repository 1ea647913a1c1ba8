"""Signing in and out in a browser: with a password, a second factor, a link; by keyboard; small."""

from __future__ import annotations

import time

import pyotp
import pytest
from playwright.sync_api import Page, expect

from anthyx_server import db, workspaces
from anthyx_server.tenancy import system_caller
from tests.pages.browsing import Browsing, copied, sign_in, too_wide
from tests.pages.site import Person, Site, Team

NEW = "another long password"


def open_account(page: Page) -> None:
    page.goto("/account")
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()


def expect_signed_out(page: Page) -> None:
    page.goto("/account")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def next_code(key: str) -> str:
    """A code that was not used yet: of the step after this one, which is taken as well."""
    return str(pyotp.TOTP(key).at(int(time.time()) + 30))  # as the server's process has it


def test_a_wrong_password_is_told_and_the_address_kept(browsing: Browsing, team: Team) -> None:
    page = browsing.open()
    page.goto("/account")
    page.get_by_label("Email").fill(team.owner.email)
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("Email or password is wrong.")
    expect(page.get_by_label("Email")).to_have_value(team.owner.email)
    expect(page.get_by_label("Password")).to_have_value("")
    page.get_by_label("Password").fill(team.owner.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()


@pytest.mark.parametrize("is_dark", [False, True])
def test_at_phone_width_by_keyboard_alone(browsing: Browsing, team: Team, is_dark: bool) -> None:
    page = browsing.open(is_phone=True, is_dark=is_dark)
    page.goto("/account")
    assert too_wide(page) == []
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type(team.owner.email)
    page.keyboard.press("Tab")
    page.keyboard.type(team.owner.password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    assert too_wide(page) == []
    button = page.get_by_role("button", name="Sign out", exact=True)
    for _ in range(12):
        page.keyboard.press("Tab")
        if button.evaluate("element => element === document.activeElement"):
            break
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def set_up(page: Page) -> tuple[str, list[str]]:
    """Turn the second factor on; its key and the recovery codes."""
    open_account(page)
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    key = page.get_by_label("Key", exact=True).inner_text().replace(" ", "")
    page.get_by_label("Code", exact=True).fill(pyotp.TOTP(key).now())
    page.get_by_role("button", name="Turn on").click()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    codes = copied(page).split()
    assert len(codes) == 10
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("10 of 10 recovery codes are left.")).to_be_visible()
    return key, codes


def test_from_set_up_of_a_second_factor_to_signing_in_with_it(
    browsing: Browsing, team: Team
) -> None:
    key, codes = set_up(browsing.sign_in(team.owner))
    page = browsing.open()
    sign_in_with_password(page, team.owner)
    page.get_by_label("Code").fill("12345")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("This code is wrong")
    page.get_by_label("Code").fill(next_code(key))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)
    open_account(page)
    lost = browsing.open(is_phone=True)
    sign_in_with_password(lost, team.owner)
    lost.get_by_label("Code").fill(codes[0])
    lost.get_by_role("button", name="Sign in").click()
    lost.wait_for_url(lambda url: "/sign-in" not in url)
    open_account(lost)
    lost.get_by_role("button", name="Turn off").click()
    dialog = lost.get_by_role("dialog")
    dialog.get_by_role("button", name="Turn off").click()
    expect(lost.get_by_role("button", name="Set up")).to_be_visible()


def sign_in_with_password(page: Page, person: Person) -> None:
    page.goto("/sign-in")
    page.get_by_label("Email").fill(person.email)
    page.get_by_label("Password").fill(person.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Enter your code")).to_be_visible()


def test_signing_out_everywhere(browsing: Browsing, team: Team) -> None:
    here, there = browsing.sign_in(team.owner), browsing.sign_in(team.owner, is_phone=True)
    open_account(there)
    open_account(here)
    expect(here.get_by_text("This browser")).to_have_count(1)
    here.get_by_role("button", name="Sign out everywhere").click()
    expect(here.get_by_role("heading", name="Sign in")).to_be_visible()
    expect_signed_out(there)


def test_a_reset_link_sets_a_password_once(browsing: Browsing, site: Site, team: Team) -> None:
    before = browsing.sign_in(team.owner)
    with site.app.app_context(), db.transaction():
        caller = system_caller(team.workspace_id, "live")
        path = workspaces.offer_reset(caller, team.owner.email).path
    page = browsing.open(is_phone=True)
    page.goto(path)
    page.get_by_label("New password").fill("short")
    page.get_by_role("button", name="Set password").click()
    expect(page.get_by_text("at least 12 characters").last).to_be_visible()
    page.get_by_label("New password").fill(NEW)
    page.get_by_role("button", name="Set password").click()
    page.wait_for_url(lambda url: "/reset/" not in url)
    open_account(page)
    expect_signed_out(before)
    again = browsing.open()
    again.goto(path)
    expect(again.get_by_role("heading", name="This link does not hold")).to_be_visible()
    sign_in(again, Person(team.owner.member_id, team.owner.email, NEW))
    open_account(again)


def test_changing_the_password_leaves_this_browser_signed_in(
    browsing: Browsing, team: Team
) -> None:
    page, other = browsing.sign_in(team.owner), browsing.sign_in(team.owner)
    open_account(page)
    page.get_by_role("link", name="Change password").click()
    page.get_by_label("New password").fill(NEW)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    expect_signed_out(other)
