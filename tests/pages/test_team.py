"""Settings → Workspace and Settings → Team in a browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.pages.browsing import Browsing, copied, too_wide
from tests.pages.site import Team

ADA = "ada@example.com"


@pytest.mark.parametrize("is_phone", [False, True])
def test_an_invite_is_accepted_in_another_browser(
    browsing: Browsing, team: Team, is_phone: bool
) -> None:
    page = browsing.sign_in(team.owner, is_phone=is_phone)
    page.goto("/settings/team")
    expect(page.get_by_text("1 of 3 seats (Starter)")).to_be_visible()
    expect(page.get_by_text("You are alone here")).to_be_visible()
    assert too_wide(page) == []
    page.get_by_role("link", name="Invite").click()
    page.get_by_label("Email").fill(ADA)
    page.get_by_label("Reviewer").check()
    page.get_by_role("button", name="Invite").click()
    expect(page.get_by_role("heading", name=f"{ADA} is invited")).to_be_visible()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    link = copied(page)
    ada = browsing.open(is_phone=is_phone)
    # The public URL of the settings is not where this server is.
    ada.goto("/invites/" + link.rpartition("/")[2])
    expect(ada.get_by_text("Acme")).to_be_visible()
    ada.get_by_label("New password").fill("another long password")
    ada.get_by_role("button", name="Join").click()
    ada.wait_for_url(lambda url: "/invites/" not in url)
    ada.goto("/settings/team")
    expect(ada.get_by_role("heading", name="You may not do this")).to_be_visible()
    expect(ada.get_by_role("link", name="Team")).to_have_count(0)
    page.get_by_role("link", name="Back to the team").click()
    expect(page.get_by_text("2 of 3 seats (Starter)")).to_be_visible()
    row = page.get_by_role("row").filter(has_text=ADA)
    expect(row).to_contain_text("Active")
    assert too_wide(page) == []


def test_a_role_change_ends_a_session_at_once(browsing: Browsing, team: Team) -> None:
    person = team.person("admin")
    theirs, page = browsing.sign_in(person), browsing.sign_in(team.owner)
    theirs.goto("/settings/workspace")
    theirs.get_by_label("Name").fill("Theirs")
    open_member(page, person.email)
    page.get_by_label("Editor").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("row").filter(has_text=person.email)).to_contain_text("Editor")
    theirs.get_by_role("button", name="Save").click()
    expect(theirs.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_role("link", name="Workspace", exact=True).click()
    expect(page.get_by_label("Name")).to_have_value("Acme")


def open_member(page: Page, email: str) -> None:
    page.goto("/settings/team")
    page.get_by_role("link", name=f"Change {email}").click()
    expect(page.get_by_role("heading", name=email)).to_be_visible()


def test_the_dialog_of_a_removal_says_what_goes_on_by_keyboard(
    browsing: Browsing, team: Team
) -> None:
    person = team.person("admin")
    theirs, page = browsing.sign_in(person), browsing.sign_in(team.owner)
    open_member(page, person.email)
    page.get_by_role("button", name="Remove").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("They made no API key that is in use.")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Remove").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 of 3 seats (Starter)")).to_be_visible()
    theirs.goto("/account")
    expect(theirs.get_by_role("heading", name="Sign in")).to_be_visible()


def test_what_is_wrong_stands_at_its_field(browsing: Browsing, team: Team) -> None:
    page = browsing.sign_in(team.owner)
    page.goto("/settings/team/invite")
    page.get_by_label("Email").fill(team.owner.email)
    page.get_by_role("button", name="Invite").click()
    expect(page.get_by_label("Email")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("is a member already.")).to_be_visible()


def test_times_are_those_of_the_time_zone_that_was_chosen(browsing: Browsing, team: Team) -> None:
    page = browsing.sign_in(team.owner)
    page.goto("/settings/workspace")
    page.get_by_label("Name").fill("Acme GmbH")
    page.get_by_label("Timezone").select_option("Pacific/Kiritimati")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Acme GmbH")).to_be_visible()
    page.goto("/settings/team")
    moment = page.locator("time").first
    shown, told = moment.inner_text(), moment.get_attribute("title") or ""
    assert told.endswith(" UTC")
    hours = (int(shown[-5:-3]) - int(told[11:13])) % 24
    assert hours == 14
