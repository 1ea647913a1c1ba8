"""One browser for all tests of pages, one server per file, and what each test asks of them.

`site` is the server, `team` a new workspace on Starter, `browsing` opens pages and fails the test
in the end if anything went wrong on one; `owner_page` is the commonest. `worker` runs the
worker beside the server, for tests that need one.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from anthyx_server.webhook_settings import WebhookSettings
from tests.pages.browsing import Browsing
from tests.pages.site import Site, Team
from tests.support.apps import make_settings, open_app, running_server, running_worker
from tests.support.browser import find_chromium, launch
from tests.support.redis import throwaway_redis

HERE = Path(__file__).parent
# The first test may have to install a browser.
_SECONDS = 300


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let all tests of this folder use sockets, and give them time."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.enable_socket)
            item.add_marker(pytest.mark.timeout(_SECONDS))


@pytest.fixture(scope="package")
def browser(pytestconfig: pytest.Config) -> Iterator[Browser]:
    """The browser."""
    cache = pytestconfig.cache
    assert cache is not None
    chromium = find_chromium(cache)
    with sync_playwright() as playwright:
        browser = launch(playwright, chromium)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site_options() -> dict[str, Any]:
    """More settings of the server; a file that needs some has its own fixture of this name."""
    return {}


@pytest.fixture(scope="module")
def site(
    module_sqlite_url: str,
    tmp_path_factory: pytest.TempPathFactory,
    site_options: dict[str, Any],
) -> Iterator[Site]:
    """The server; it sends webhooks to this machine too."""
    options = {"webhooks": WebhookSettings(are_private_allowed=True), **site_options}
    with throwaway_redis() as redis:
        directory = tmp_path_factory.mktemp("site")
        settings = make_settings(directory, module_sqlite_url, redis.url, **options)
        with open_app(settings) as app, running_server(settings, workers=1) as url:
            yield Site(url, app, settings, redis)


@pytest.fixture(scope="module")
def worker(site: Site) -> Iterator[None]:
    """The worker of the server."""
    with running_worker(site.settings):
        yield


@pytest.fixture
def team(site: Site) -> Team:
    """A new workspace on Starter, with its owner and no keys."""
    return site.team()


@pytest.fixture
def browsing(browser: Browser, site: Site) -> Iterator[Browsing]:
    """Opens pages, of which nothing may go wrong on any."""
    browsing = Browsing(browser, site)
    yield browsing
    browsing.check()


@pytest.fixture
def owner_page(browsing: Browsing, team: Team) -> Page:
    """A page of the team's owner, at a desk, in light colors."""
    return browsing.sign_in(team.owner)
