"""API keys in the browser: the help page's steps, and a key's whole life."""

from __future__ import annotations

import pytest
from playwright.sync_api import Dialog, Page, expect

from anthyx_server import keys
from anthyx_server.keys import ApiKey
from tests.pages.browsing import Browsing, copied, too_wide
from tests.pages.keyboard import press, press_until
from tests.pages.site import Site, Team
from tests.support.apps import call

KEYS = "/settings/integrations/api-keys"
at_desk_and_on_phone = pytest.mark.parametrize("is_phone", [False, True], ids=["desk", "phone"])


def current(site: Site, token: str) -> int:
    """What the API answers to a key."""
    return call(f"{site.url}/v1/api-keys/current", token)[0]


def button(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def create(page: Page, name: str = "Zapier integration", allowlist: str = "") -> None:
    """From anywhere to the page that shows a new key."""
    page.goto(f"{KEYS}/new")
    page.get_by_label("Name").fill(name)
    page.get_by_label("IP allowlist").fill(allowlist)
    button(page, "Create")
    expect(page.get_by_role("heading", name="Copy your key")).to_be_visible()


def copy_key(page: Page) -> str:
    page.get_by_role("button", name="Copy", exact=True).first.click()
    expect(page.get_by_role("button", name="Copied", exact=True)).to_be_visible()
    return copied(page)


@at_desk_and_on_phone
def test_a_key_from_create_to_delete(
    site: Site, team: Team, browsing: Browsing, is_phone: bool
) -> None:
    page = browsing.sign_in(team.owner, is_phone=is_phone, is_dark=is_phone)
    create(page)
    assert too_wide(page) == []
    token = copy_key(page)
    expect(page.get_by_text("Waiting for the first call")).to_be_visible()
    assert current(site, token) == 200
    expect(page.get_by_text("It works.")).to_be_visible()
    page.get_by_role("link", name="Done").click()
    expect(page.get_by_text("1 of 5 keys (Starter)")).to_be_visible()
    assert too_wide(page) == []
    page.get_by_role("link", name="Delete Zapier integration").click()
    dialog = page.get_by_role("dialog", name="Delete Zapier integration?")
    expect(dialog).to_contain_text("requests in flight too")
    expect(dialog.get_by_role("link", name="Create a replacement first")).to_be_visible()
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="No keys yet")).to_be_visible()
    assert current(site, token) == 401


def test_by_keyboard_alone(site: Site, owner_page: Page) -> None:
    page = owner_page
    page.goto(KEYS)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    press(page, "Generate new key", "Generate new key")
    press_until(page, "Name")
    page.keyboard.type("By keyboard")
    press_until(page, "Add my address (127.0.0.1)")
    page.keyboard.press("Enter")
    expect(page.get_by_label("IP allowlist")).to_be_focused()
    press(page, "Create", "Copy your key")
    press_until(page, "Copy")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Waiting for the first call")).to_be_visible()
    token = copied(page)
    assert current(site, token) == 200
    press(page, "Done", "API keys")
    press(page, "Delete By keyboard", "Delete By keyboard?")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("link", name="Delete By keyboard")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    press(page, "Delete", "No keys yet")
    assert current(site, token) == 401


def test_an_address_that_is_refused_is_offered(site: Site, owner_page: Page) -> None:
    page = owner_page
    create(page, allowlist="192.0.2.1")
    token = copy_key(page)
    assert current(site, token) == 403
    expect(page.get_by_text("127.0.0.1 is not on the IP allowlist")).to_be_visible()
    button(page, "Add this address")
    expect(page.get_by_text("Waiting for the first call")).to_be_visible()
    assert current(site, token) == 200
    expect(page.get_by_text("It works.")).to_be_visible()


def test_a_key_that_was_not_copied_is_not_left_by_mistake(owner_page: Page) -> None:
    page = owner_page
    create(page)
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    with page.expect_event("dialog"):
        page.get_by_role("link", name="Done").click(no_wait_after=True)
    assert asked == ["beforeunload"]
    expect(page.get_by_role("heading", name="Copy your key")).to_be_visible()
    copy_key(page)
    page.get_by_role("link", name="Done").click()
    expect(page.get_by_role("heading", name="API keys")).to_be_visible()
    assert asked == ["beforeunload"]


def test_the_key_is_nowhere_once_its_page_is_left(owner_page: Page) -> None:
    page = owner_page
    create(page)
    token = copy_key(page)
    assert token.startswith("anthyx_live_")
    stored = page.evaluate(
        "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
    )
    assert token not in stored + str(page.context.cookies()) + page.url
    page.get_by_role("link", name="Done").click()
    expect(page.get_by_role("heading", name="API keys")).to_be_visible()
    assert token not in page.content()
    page.get_by_role("link", name="Zapier integration").first.click()
    expect(page.get_by_role("link", name="Edit")).to_be_visible()
    assert token not in page.content()


def test_back_and_reload_show_it_no_more_and_make_no_second(owner_page: Page, team: Team) -> None:
    page = owner_page
    create(page)
    token = copy_key(page)
    # The browser asks whether to send the form again, and does.
    page.reload()
    expect(page.get_by_text("This form was sent before")).to_be_visible()
    assert token not in page.content()
    page.go_back()
    assert token not in page.content()
    assert [key.name for key in keys_of(team)] == ["Zapier integration"]


def test_the_browser_s_own_copy_of_the_page_is_emptied(owner_page: Page) -> None:
    page = owner_page
    create(page)
    token = copy_key(page)
    page.evaluate("window.dispatchEvent(new Event('pagehide'))")
    assert token not in page.content()


def test_pressing_twice_makes_one_key(owner_page: Page, team: Team) -> None:
    page = owner_page
    page.goto(f"{KEYS}/new")
    page.get_by_label("Name").fill("Once")
    page.get_by_role("button", name="Create").dblclick()
    expect(page.get_by_role("heading", name="Copy your key")).to_be_visible()
    assert [key.name for key in keys_of(team)] == ["Once"]


def test_without_script_everything_works(site: Site, team: Team, browsing: Browsing) -> None:
    page = browsing.sign_in(team.owner, java_script_enabled=False)
    create(page)
    token = page.get_by_label("Key Zapier integration").inner_text()
    assert current(site, token) == 200
    page.get_by_role("link", name="Done").click()
    page.get_by_role("link", name="Delete Zapier integration").click()
    expect(page.get_by_role("heading", name="Delete Zapier integration?")).to_be_visible()
    page.get_by_role("link", name="Cancel").click()
    page.get_by_role("link", name="Delete Zapier integration").click()
    button(page, "Delete")
    expect(page.get_by_role("heading", name="No keys yet")).to_be_visible()
    assert current(site, token) == 401


def test_rotation_keeps_the_old_key_for_a_while(site: Site, team: Team, owner_page: Page) -> None:
    old = team.account(name="Internal CMS sync").token
    page = owner_page
    page.goto(KEYS)
    page.get_by_role("link", name="Rotate Internal CMS sync").click()
    page.get_by_label("1 hour").check()
    button(page, "Rotate")
    expect(page.get_by_text("It replaces Internal CMS sync, which works until")).to_be_visible()
    new = copy_key(page)
    assert (current(site, old), current(site, new)) == (200, 200)
    page.get_by_role("link", name="Done").click()
    expect(page.get_by_text("1 of 5 keys (Starter)")).to_be_visible()
    expect(page.get_by_text("Replaced", exact=True)).to_be_visible()


def test_at_the_plan_s_cap_the_button_says_why(team: Team, owner_page: Page) -> None:
    for number in range(5):
        team.account(name=f"Key {number}")
    owner_page.goto(KEYS)
    generate = owner_page.get_by_role("button", name="Generate new key")
    expect(generate).to_be_disabled()
    expect(generate).to_have_accessible_description(
        "The Starter plan allows 5 API keys and 5 are in use: delete one, or upgrade."
    )


@pytest.mark.parametrize("role", ["editor", "reviewer"])
def test_others_do_not_get_there(site: Site, browsing: Browsing, role: str) -> None:
    page = browsing.sign_in(site.team("agency").person(role))
    page.goto(KEYS)
    expect(page.get_by_role("heading", name="You may not do this")).to_be_visible()
    expect(page.get_by_role("link", name="API keys")).to_have_count(0)


def test_an_admin_does(site: Site, browsing: Browsing) -> None:
    team = site.team("agency")
    page = browsing.sign_in(team.person("admin"))
    create(page)
    copy_key(page)
    page.goto(KEYS)
    expect(page.get_by_text("1 of unlimited keys (Agency)")).to_be_visible()


def keys_of(team: Team) -> list[ApiKey]:
    with team.site.app.app_context():
        return keys.list_keys(team.workspace_id)
