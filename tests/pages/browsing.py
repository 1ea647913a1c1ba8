"""Pages in the browser, watched: nothing goes wrong on them unnoticed."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from tests.pages.site import Person, Site

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
_SECONDS = 20
_OF_A_STATUS = "Failed to load resource"
# Violations that the console does not tell of (those of a policy that only reports) come by this.
_TELL_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`violates the policy: ${event.violatedDirective} ${event.blockedURI}`);
});
"""


class Browsing:
    """Makes pages for one test, and gathers what goes wrong on them.

    That is: errors and warnings in the console, exceptions, violations of the security policy,
    and requests to other hosts. `check` tells of them in the end.
    """

    def __init__(self, browser: Browser, site: Site) -> None:
        self._browser = browser
        self._site = site
        self._contexts: list[BrowserContext] = []
        self._answered_as_page: set[str] = set()
        self.problems: list[str] = []

    def open(self, *, is_phone: bool = False, is_dark: bool = False, **options: Any) -> Page:
        """An empty page of a new context: nobody is signed in; paths are those of the server."""
        context = self._browser.new_context(
            base_url=self._site.url,
            viewport=PHONE if is_phone else DESKTOP,  # type: ignore[arg-type]
            has_touch=is_phone,
            color_scheme="dark" if is_dark else "light",
            reduced_motion="reduce",
            **options,
        )
        self._contexts.append(context)
        context.set_default_timeout(_SECONDS * 1000)
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=self._site.url)
        context.add_init_script(_TELL_VIOLATIONS)
        context.on("console", self._on_console)
        context.on("weberror", lambda error: self.problems.append(f"exception: {error.error}"))
        context.on("request", self._on_request)
        return context.new_page()

    def sign_in(
        self, person: Person, *, is_phone: bool = False, is_dark: bool = False, **options: Any
    ) -> Page:
        """A page of somebody who has just signed in, at the start."""
        page = self.open(is_phone=is_phone, is_dark=is_dark, **options)
        sign_in(page, person)
        return page

    def forgive(self, pattern: str) -> None:
        """Expect problems that match, as where a test provokes them; there must be one."""
        left = [each for each in self.problems if not re.search(pattern, each)]
        assert len(left) < len(self.problems), self.problems
        self.problems[:] = left

    def check(self) -> None:
        """Close all pages; nothing may have gone wrong on any."""
        for context in self._contexts:
            context.close()
        self._contexts.clear()
        assert not self.problems, self.problems

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"}:
            return
        # A page may answer 4xx, as a form with mistakes does, and the console tells of it.
        is_of_page = message.location["url"] in self._answered_as_page
        if not (message.text.startswith(_OF_A_STATUS) and is_of_page):
            self.problems.append(f"console: {message.text} ({message.location['url']})")

    def _on_request(self, request: Request) -> None:
        if request.is_navigation_request():
            self._answered_as_page.add(request.url)
        if not request.url.startswith((f"{self._site.url}/", "about:", "data:")):
            self.problems.append(f"loads from elsewhere: {request.url}")


def sign_in(page: Page, person: Person) -> None:
    """Fill in the form of /sign-in, as the person does."""
    page.goto("/sign-in")
    page.get_by_label("Email").fill(person.email)
    page.get_by_label("Password").fill(person.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)


def copied(page: Page) -> str:
    """What the clipboard holds."""
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text


def too_wide(page: Page) -> list[str]:
    """What makes the page scroll sideways, by its markup; nothing where it does not."""
    found: list[str] = page.evaluate(_TOO_WIDE)
    return found


_TOO_WIDE = """() => {
  const root = document.documentElement;
  if (root.scrollWidth <= root.clientWidth) return [];
  const reaches = (each) => each.getBoundingClientRect().right > root.clientWidth + 0.5;
  const wide = [...document.body.querySelectorAll("*")].filter(reaches);
  return wide.map((each) => each.cloneNode().outerHTML);
}"""
