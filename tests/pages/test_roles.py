"""What each role sees and may do, word for word as the help pages say it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from anthyx_server import db, workspaces
from tests.pages.browsing import Browsing
from tests.pages.site import Person, Team
from tests.pages.walk import NO_PAGES, PARTS, all_routes
from tests.pages.writing import make_brand, make_draft
from tests.support.apps import Account

# Pages of settings that are about nothing in particular.
SETTINGS = [
    route.rule
    for route in all_routes()
    if route.rule.startswith("/settings/")
    and "<" not in route.rule
    and route.endpoint not in PARTS | NO_PAGES
]
IN_NAVIGATION = ("Workspace", "Team", "Audit log", "API keys", "Webhooks", "Usage")


@pytest.fixture
def team(team: Team) -> Team:
    """On Growth, which has seats for all roles."""
    return team.site.team("growth")


@pytest.fixture
def account(team: Team) -> Account:
    """The team's workspace through the API."""
    return team.account()


@pytest.fixture
def brand_ids(account: Account) -> list[str]:
    """Two brands."""
    return [make_brand(account, name) for name in ("Blue Bakery", "Red Roof")]


@pytest.fixture
def drafts(account: Account, brand_ids: list[str]) -> list[str]:
    """A draft of each brand."""
    return [
        str(make_draft(account, brand_id, f"Of {name}")["id"])
        for brand_id, name in zip(brand_ids, ("Blue Bakery", "Red Roof"), strict=True)
    ]


def may_open(page: Page, path: str) -> bool:
    """Whether a page shows itself; a refusal says so in words."""
    answer = page.goto(path)
    assert answer is not None
    if answer.status == 403:
        expect(page.get_by_role("heading", name="You may not do this")).to_be_visible()
        return False
    assert answer.status == 200
    return True


def navigation(page: Page) -> list[str]:
    """The links to settings that are offered."""
    links = page.get_by_role("navigation", name="Main").get_by_role("link").all_inner_texts()
    return [each for each in links if each in IN_NAVIGATION]


def approve(page: Page, post_id: str) -> None:
    page.goto(f"/posts/{post_id}")
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Approved.")


def comment(page: Page, post_id: str, text: str) -> None:
    page.goto(f"/posts/{post_id}")
    page.get_by_label("Comment", exact=True).fill(text)
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.get_by_role("status")).to_have_text("Your comment was added.")
    expect(page.get_by_text(text, exact=True)).to_be_visible()


@pytest.mark.parametrize("role", ["owner", "admin"])
def test_owner_everything_admin_everything_but_billing_and_ownership(
    browsing: Browsing, team: Team, drafts: list[str], role: str
) -> None:
    page = browsing.sign_in(team.person(role))
    assert navigation(page) == list(IN_NAVIGATION)
    assert [path for path in SETTINGS if not may_open(page, path)] == []
    approve(page, drafts[0])
    comment(page, drafts[0], "Well done")


def test_editor_creates_edits_approves_no_settings_no_invites(
    browsing: Browsing, team: Team, drafts: list[str]
) -> None:
    page = browsing.sign_in(team.person("editor"))
    assert navigation(page) == []
    approve(page, drafts[0])
    comment(page, drafts[1], "A word")
    assert [path for path in SETTINGS if may_open(page, path)] == []


def test_reviewer_approves_rejects_otherwise_read_only(
    browsing: Browsing, team: Team, drafts: list[str]
) -> None:
    page = browsing.sign_in(team.person("reviewer"))
    expect(page.get_by_role("heading", name="Review", exact=True)).to_be_visible()
    assert navigation(page) == []
    approve(page, drafts[0])
    page.goto(f"/posts/{drafts[1]}")
    page.get_by_text("Request changes").first.click()
    page.get_by_label("What should change?").fill("Shorter, please")
    page.get_by_role("button", name="Request changes").click()
    expect(page.get_by_text("asked for changes")).to_be_visible()
    assert [path for path in SETTINGS if may_open(page, path)] == []


def test_client_portal_of_their_brands(
    browsing: Browsing, team: Team, brand_ids: list[str], drafts: list[str]
) -> None:
    page = browsing.sign_in(team.person("client", [brand_ids[0]]), is_phone=True)
    assert navigation(page) == []
    expect(page.get_by_text("Of Blue Bakery")).to_be_visible()
    expect(page.get_by_text("Red Roof")).to_have_count(0)
    for path in ("/review", f"/posts/{drafts[0]}"):
        page.goto(path)
        expect(page.get_by_role("button", name="Approve")).to_have_count(0)
        expect(page.get_by_text("Red Roof")).to_have_count(0)
    comment(page, drafts[0], "We like it")
    answer = page.goto(f"/posts/{drafts[1]}")
    assert answer is not None
    assert answer.status == 404
    assert [path for path in SETTINGS if may_open(page, path)] == []


@pytest.mark.parametrize("role", ["editor", "reviewer"])
def test_members_can_be_restricted_to_brands(
    browsing: Browsing, team: Team, brand_ids: list[str], drafts: list[str], role: str
) -> None:
    page = browsing.sign_in(team.person(role, [brand_ids[1]]))
    page.goto("/review")
    expect(page.get_by_role("checkbox", name="Of Red Roof")).to_be_visible()
    expect(page.get_by_text("Blue Bakery")).to_have_count(0)
    approve(page, drafts[1])
    answer = page.goto(f"/posts/{drafts[0]}")
    assert answer is not None
    assert answer.status == 404


def set_role(team: Team, person: Person, role: str | None) -> None:
    """Give another role, or none: then they are removed."""
    app = team.site.app
    with app.test_request_context(), db.transaction():
        caller = team.account().caller
        if role is None:
            workspaces.remove_member(caller, person.email)
        else:
            workspaces.set_role(caller, person.email, role)


@pytest.mark.parametrize("role", ["reviewer", None], ids=["role change", "removal"])
def test_a_role_change_or_a_removal_takes_effect_at_once_sessions_included(
    browsing: Browsing, team: Team, drafts: list[str], role: str | None
) -> None:
    person = team.person("admin")
    page = browsing.sign_in(person)
    page.goto(f"/posts/{drafts[0]}")
    set_role(team, person, role)
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    state = team.account().get(f"/posts/{drafts[0]}").get_json()["state"]
    assert state == "draft"
