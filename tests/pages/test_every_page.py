"""Every page: for everybody, small, still, safe, and without a dead link."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, StorageState

from tests.pages import judging
from tests.pages.browsing import Browsing
from tests.pages.site import Site
from tests.pages.walk import NO_PAGES, PARTS, SEEDS, Route, Seeded, all_routes, seed
from tests.support import npm

ROUTES = all_routes()
PAGES = [route for route in ROUTES if route.endpoint not in PARTS | NO_PAGES]
each_page = pytest.mark.parametrize("route", PAGES, ids=[route.rule for route in PAGES])


@pytest.fixture(scope="package")
def axe(pytestconfig: pytest.Config) -> str:
    """The script of axe-core."""
    cache = pytestconfig.cache
    assert cache is not None
    folder = npm.install(cache, Path(__file__).parent / "node")
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def seeded(site: Site) -> Seeded:
    """A workspace in which every page shows something."""
    return seed(site.team("agency"))


@pytest.fixture(scope="module")
def signed_in(browser: Browser, site: Site, seeded: Seeded) -> Iterator[StorageState]:
    """The cookies of its owner."""
    browsing = Browsing(browser, site)
    yield browsing.sign_in(seeded.person).context.storage_state()
    browsing.check()


@each_page
def test_page(
    route: Route, seeded: Seeded, signed_in: StorageState, browsing: Browsing, axe: str
) -> None:
    state = None if route.is_for_strangers else signed_in
    page = browsing.open(storage_state=state)
    problems = [*judging.visit(page, seeded.path(route)), *judging.looks(page, axe)]
    assert problems == []


BAD = """<!doctype html><html lang="en"><title>Bad</title><main><h1>Bad</h1>
<p id="late">Text</p><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">
<pre style="width: 2000px">Wide</pre></main>
<script>
requestAnimationFrame(() => requestAnimationFrame(() => {
  document.getElementById("late").style.marginTop = "300px";
}));
</script>"""


def test_what_is_wrong_is_seen(browsing: Browsing, axe: str) -> None:
    page = browsing.open()
    page.route(
        "**/bad", lambda route: route.fulfill(content_type="text/html", body=BAD + "x" * 100_000)
    )
    told = " ".join([*judging.visit(page, "/bad"), *judging.looks(page, axe)])
    for wrong in (
        "shifts: <p id",
        "loads 10",
        "policy is",
        "framed",
        "stored",
        "too wide: <pre",
        "image-alt",
    ):
        assert wrong in told, told


def test_no_link_is_dead(
    site: Site, seeded: Seeded, signed_in: StorageState, browsing: Browsing
) -> None:
    page = browsing.open(storage_state=signed_in)
    found: dict[str, str] = {}
    for route in PAGES:
        page.goto(seeded.path(route))
        found |= dict.fromkeys(judging.links(page), route.rule)
    elsewhere = {link: on for link, on in found.items() if not link.startswith(site.url + "/")}
    assert elsewhere == {}
    answers = {link: page.request.get(link).status for link in found}
    assert {link: (status, found[link]) for link, status in answers.items() if status != 200} == {}


def test_parts_and_seeds_are_those_that_there_are() -> None:
    endpoints = {route.endpoint for route in ROUTES}
    assert endpoints >= PARTS | NO_PAGES
    variables = [f"{route.endpoint} {route.rule}" for route in ROUTES]
    names = [name.split(" ") for name in SEEDS]
    assert [words for words in names if not any(is_in(words, each) for each in variables)] == []


def is_in(words: list[str], text: str) -> bool:
    return all(word in text for word in words)
