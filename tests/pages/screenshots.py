"""Takes pictures of all pages in both themes: `nox -s screenshots`.

They are for the documentation, and to be looked at. Not a test: pytest runs it only by its name.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from tests.pages.browsing import Browsing
from tests.pages.site import Site
from tests.pages.walk import NO_PAGES, PARTS, Route, all_routes, seed

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "content" / "images"
MOST_BYTES = 120_000


def test_screenshots(browsing: Browsing, site: Site) -> None:
    seeded = seed(site.team("growth", name="Acme"))
    FOLDER.mkdir(exist_ok=True)
    for picture in FOLDER.glob("*.png"):
        picture.unlink()
    page, strange_page = browsing.sign_in(seeded.person), browsing.open()
    for route in all_routes():
        if route.endpoint not in PARTS | NO_PAGES:
            shown = strange_page if route.is_for_strangers else page
            shown.goto(seeded.path(route))
            take(shown, name_of(route))
    page.goto("/settings/integrations/api-keys/new")
    page.get_by_label("Name").fill("Internal CMS sync")
    page.get_by_role("button", name="Create").click()
    page.get_by_role("heading", name="Copy your key").wait_for()
    take(page, "settings-integrations-api-keys-created")


def take(page: Page, name: str) -> None:
    """Both themes of what a page shows now."""
    page.wait_for_load_state("networkidle")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        picture = small_png(page.screenshot())
        assert len(picture) <= MOST_BYTES, f"{name}: {len(picture)} bytes"
        (FOLDER / f"{name}-{scheme}.png").write_bytes(picture)


def small_png(png: bytes) -> bytes:
    """The picture with a palette: pages have few colors, and it is half as long."""
    smaller = BytesIO()
    with Image.open(BytesIO(png)) as picture:
        with_palette = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
        with_palette.save(smaller, "PNG", optimize=True)
    return smaller.getvalue()


def name_of(route: Route) -> str:
    """`settings-integrations-api-keys-edit`, from the path without its variables."""
    words = [word for word in route.rule.split("/") if word and not word.startswith("<")]
    is_of_one = route.rule.endswith(">")
    return "-".join([*words, *(["one"] if is_of_one else [])])
