"""The help page on generating and revoking API keys, done as it says, in a browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.help_page.page import shows
from tests.pages.browsing import Browsing, copied
from tests.pages.site import Site, Team
from tests.support.apps import call


def go_to_api_keys(page: Page) -> None:
    """Settings → Integrations → API keys."""
    main = page.get_by_role("navigation", name="Main")
    expect(main).to_contain_text(re.compile(r"Settings.*Integrations\s+API keys", re.DOTALL))
    main.get_by_role("link", name="API keys").click()
    expect(page.get_by_text("Settings → Integrations → API keys", exact=True)).to_be_visible()


def status(site: Site, token: str) -> int:
    return call(f"{site.url}/v1/api-keys/current", token)[0]


@shows(
    "Go to Settings → Integrations → API keys.",
    "Click Generate new key.",
    'Give the key a descriptive name (e.g. "Zapier integration" or "Internal CMS sync").',
    "Optionally restrict the key to specific IP addresses using the IP allowlist field.",
    "Click Create.",
    "The key is shown once — copy it immediately and store it securely.",
)
@pytest.mark.parametrize("is_phone", [False, True], ids=["desk", "phone"])
def test_generating(site: Site, team: Team, browsing: Browsing, is_phone: bool) -> None:
    page = browsing.sign_in(team.owner, is_phone=is_phone)
    page.goto("/settings/integrations/api-keys/new")
    go_to_api_keys(page)
    page.get_by_role("link", name="Generate new key").click()
    page.get_by_label("Name").fill("Internal CMS sync")
    page.get_by_label("IP allowlist").fill("127.0.0.0/8\n2001:db8::7")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_text("This is the only time that the key is shown.")).to_be_visible()
    page.get_by_role("button", name="Copy", exact=True).first.click()
    expect(page.get_by_role("button", name="Copied", exact=True)).to_be_visible()
    token = copied(page)
    assert status(site, token) == 200
    page.get_by_role("link", name="Done").click()
    expect(page.get_by_role("link", name="Internal CMS sync", exact=True)).to_be_visible()
    expect(page.get_by_text("2001:db8::7", exact=True)).to_be_visible()
    assert token not in page.content()


@shows(
    "Delete unused keys under the same settings panel to reduce your attack surface.",
    "To revoke a key, click Delete next to it in Settings → Integrations → API keys.",
)
def test_deleting(site: Site, team: Team, owner_page: Page) -> None:
    unused, used = team.account(name="Unused"), team.account(name="Used")
    owner_page.goto("/settings/integrations/api-keys/new")
    go_to_api_keys(owner_page)
    row = owner_page.get_by_role("row", name="Unused")
    row.get_by_role("link", name="Delete").click()
    dialog = owner_page.get_by_role("dialog")
    dialog.get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)
    assert (status(site, unused.token), status(site, used.token)) == (401, 200)
    expect(owner_page.get_by_text("1 of 5 keys (Starter)")).to_be_visible()
