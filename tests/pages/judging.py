"""What has to be true of every page: judged in the browser, in both themes and widths."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Page, Request, Response

from tests.pages.browsing import DESKTOP, PHONE, too_wide

MOST_BYTES, MOST_SCRIPT_BYTES = 100_000, 50_000
_POLICY = ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'")
# Colors are the same at all widths.
_LOOKS = (
    ("desktop, light", DESKTOP, "light"),
    ("desktop, dark", DESKTOP, "dark"),
    ("phone, dark", PHONE, "dark"),
)
_TELL_SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => {
  const sources = list.getEntries().flatMap((entry) => entry.sources);
  window.shifts.push(...sources.map((each) => each.node?.cloneNode().outerHTML ?? "what is gone"));
}).observe({ type: "layout-shift", buffered: true });
"""


class Weighing:
    """What a page loads: in all, and of scripts, as it came over the wire."""

    def __init__(self, page: Page) -> None:
        self._requests: list[Request] = []
        # Playwright takes no built-in function.
        page.on("requestfinished", lambda request: self._requests.append(request))  # noqa: PLW0108

    def bytes(self, resource_type: str | None = None) -> int:
        """Headers and bodies of the answers so far."""
        sizes = [
            request.sizes()
            for request in self._requests
            if resource_type in {None, request.resource_type}
        ]
        return sum(size["responseHeadersSize"] + size["responseBodySize"] for size in sizes)


def visit(page: Page, path: str) -> Iterator[str]:
    """Open a page as somebody who has never been there; what is wrong with it."""
    page.add_init_script(_TELL_SHIFTS)
    weighing = Weighing(page)
    response = page.goto(path)
    assert response is not None
    page.wait_for_load_state("networkidle")
    yield from _headers(response)
    total, scripts = weighing.bytes(), weighing.bytes("script")
    if total > MOST_BYTES or scripts > MOST_SCRIPT_BYTES:
        yield f"loads {total} bytes, {scripts} of them scripts"
    shifts = page.evaluate("new Promise(done => setTimeout(() => done(window.shifts)))")
    yield from (f"shifts: {each}" for each in shifts)


def _headers(response: Response) -> Iterator[str]:
    headers = response.headers
    policy = headers.get("content-security-policy", "").split("; ")
    missing = set(_POLICY) - set(policy)
    if missing or "unsafe" in str(policy):
        yield f"its policy is {policy}"
    if headers.get("x-frame-options") != "DENY":
        yield "it can be framed"
    if headers.get("cache-control") != "no-store":
        yield "it may be stored"
    if response.status != 200:
        yield f"it answers {response.status}"


def looks(page: Page, axe: str) -> Iterator[str]:
    """What axe-core finds in both themes at both widths, and whether it scrolls sideways."""
    # By the debugger's protocol, which no policy of the page keeps out.
    page.evaluate(axe)
    for name, size, scheme in _LOOKS:
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        yield from (f"{name}: too wide: {each}" for each in too_wide(page))
        found = page.evaluate("axe.run({ resultTypes: ['violations'] })")
        yield from (f"{name}: {_told(violation)}" for violation in found["violations"])


def _told(violation: dict[str, Any]) -> str:
    nodes = ", ".join(str(node["target"]) for node in violation["nodes"][:3])
    return f"{violation['id']} at {nodes}: {violation['help']}"


def links(page: Page) -> set[str]:
    """Where the page's links lead, without what follows #."""
    found: list[str] = page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)")
    return {link.partition("#")[0] for link in found}
