"""Reviewing in the browser: by mouse, by keyboard alone, at a desk and on a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.pages.browsing import Browsing, too_wide
from tests.pages.site import Team
from tests.pages.writing import TEXT, make_brand, make_draft
from tests.support.apps import Account

at_desk_and_on_phone = pytest.mark.parametrize("is_phone", [False, True], ids=["desk", "phone"])
# A page has fewer stops than this.
_MOST_STOPS = 80


@pytest.fixture
def account(team: Team) -> Account:
    """The team's workspace through the API."""
    return team.account()


@pytest.fixture
def brand_id(account: Account) -> str:
    """A brand of the team."""
    return make_brand(account, "Blue Bakery")


def state_of(account: Account, post_id: str) -> str:
    return str(account.get(f"/posts/{post_id}").get_json()["state"])


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until the focus is there, and can be seen there."""
    for _ in range(_MOST_STOPS):
        page.keyboard.press("Tab")
        if wanted.evaluate("each => each === document.activeElement"):
            width = wanted.evaluate("each => getComputedStyle(each).outlineWidth")
            assert width != "0px", "nobody sees where the focus is"
            return
    raise AssertionError(f"Tab never comes to {wanted}")


@at_desk_and_on_phone
def test_a_post_is_approved_and_taken_back(
    browsing: Browsing, team: Team, account: Account, brand_id: str, is_phone: bool
) -> None:
    post = make_draft(account, brand_id, TEXT)
    page = browsing.sign_in(team.person("reviewer"), is_phone=is_phone, is_dark=is_phone)
    expect(page.get_by_role("heading", name="Review", exact=True)).to_be_visible()
    assert too_wide(page) == []
    page.get_by_role("link", name=TEXT).click()
    expect(page.get_by_text("X: 1 of 280 characters")).to_be_visible()
    assert too_wide(page) == []
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_role("status")).to_have_text("Approved. It will be published at its time.")
    assert state_of(account, post["id"]) == "approved"
    page.get_by_role("button", name="Unapprove").click()
    expect(page.get_by_role("status")).to_contain_text("It is a draft again")
    assert state_of(account, post["id"]) == "draft"


@at_desk_and_on_phone
def test_posts_are_approved_by_keyboard_alone(
    browsing: Browsing, team: Team, account: Account, brand_id: str, is_phone: bool
) -> None:
    first, second, third = (
        make_draft(account, brand_id, text) for text in ("First", "Second", "Third")
    )
    page = browsing.sign_in(team.person("reviewer"), is_phone=is_phone)
    page.goto("/review")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()
    for text in ("Second", "First"):
        page.goto("/review")
        tab_to(page, page.get_by_role("checkbox", name=text))
        page.keyboard.press("Space")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_have_text("1 post approved.")
    tab_to(page, page.get_by_role("link", name="Third"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_text("Request changes").first)
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_label("What should change?"))
    page.keyboard.type("Please shorten it.")
    tab_to(page, page.get_by_role("button", name="Request changes"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Changes requested.")
    states = [state_of(account, each["id"]) for each in (first, second, third)]
    assert states == ["approved", "approved", "draft"]


def test_all_of_a_campaign_are_approved_at_once(
    browsing: Browsing, team: Team, account: Account, brand_id: str
) -> None:
    of_campaign = [
        make_draft(account, brand_id, f"Spring {number}", campaign="Spring") for number in range(3)
    ]
    other = make_draft(account, brand_id, "Autumn")
    page = browsing.sign_in(team.person("editor"))
    page.goto("/review")
    page.get_by_label("Campaign").fill("Spring")
    page.get_by_role("button", name="Show").click()
    page.get_by_label("All on this page").check()
    expect(page.locator("input[name=post]:checked")).to_have_count(3)
    page.get_by_role("button", name="Approve ticked posts").click()
    expect(page.get_by_role("status")).to_have_text("3 posts approved.")
    assert {state_of(account, each["id"]) for each in of_campaign} == {"approved"}
    assert state_of(account, other["id"]) == "draft"


def test_a_changed_post_is_told_and_shown_anew(
    browsing: Browsing, team: Team, account: Account, brand_id: str
) -> None:
    post = make_draft(account, brand_id, "As it was read")
    page = browsing.sign_in(team.person("reviewer"))
    page.goto(f"/posts/{post['id']}")
    account.patch(f"/posts/{post['id']}", json={"content": "As it is now"})
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("changed while you were reading")
    expect(page.get_by_text("As it is now").first).to_be_visible()
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Approved.")
    assert state_of(account, post["id"]) == "approved"
