"""What is watched on pages is seen."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

from tests.pages.browsing import Browsing, too_wide
from tests.pages.site import ROLES, Site


@pytest.mark.parametrize("role", ROLES)
def test_everybody_can_sign_in(browsing: Browsing, site: Site, role: str) -> None:
    team = site.team("agency")
    brand = team.account().post("/brands", json={"name": "Acme"}).get_json()["id"]
    person = team.person(role, [brand] if role == "client" else None)
    page = browsing.sign_in(person, is_phone=True, is_dark=True)
    start = page.request.get("/", max_redirects=0)
    assert (start.status, "sign-in" in start.headers["location"]) == (302, False)
    assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    assert page.evaluate("innerWidth") == 390
    assert too_wide(page) == []


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("console.error('wrong')", "wrong"),
        ("console.warn('doubtful')", "doubtful"),
        ("document.body.innerHTML = '<img src=\"https://elsewhere.test/\">'", "policy: img-src"),
        ("document.body.innerHTML = '<p style=\"color: red\">'", "policy: style-src-attr"),
        ("document.body.append(document.createElement('style'))", "policy: style-src-elem"),
        ("fetch('/static/none/none.css')", "Failed to load resource"),
    ],
)
def test_what_the_console_tells_is_seen(
    browser: Browser, site: Site, script: str, told: str
) -> None:
    watched = Browsing(browser, site)
    page = watched.open()
    page.goto("/sign-in")
    page.wait_for_load_state("networkidle")
    assert watched.problems == []
    with page.expect_console_message(lambda message: told in message.text):
        page.evaluate(f"() => {{ {script} }}")
    with pytest.raises(AssertionError, match=f"console: .*{told}"):
        watched.check()


def test_exceptions_are_seen(browser: Browser, site: Site) -> None:
    watched = Browsing(browser, site)
    page = watched.open()
    with page.expect_event("pageerror"):
        page.evaluate("setTimeout(() => { throw new Error('thrown') })")
    with pytest.raises(AssertionError, match=r"exception: .*thrown"):
        watched.check()


def test_requests_to_other_hosts_are_seen(browsing: Browsing) -> None:
    page = browsing.open(bypass_csp=True)
    page.route("https://elsewhere.test/*", lambda route: route.fulfill(status=204))
    page.goto("/sign-in")
    page.evaluate("fetch('https://elsewhere.test/', {mode: 'no-cors'})")
    browsing.forgive("loads from elsewhere: https://elsewhere.test/")


def test_a_page_that_answers_4xx_is_no_problem(owner_page: Page, browsing: Browsing) -> None:
    owner_page.goto("/nowhere")
    owner_page.wait_for_load_state("networkidle")
    assert browsing.problems == []
