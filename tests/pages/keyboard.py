"""Going through pages by keyboard alone."""

from __future__ import annotations

from playwright.sync_api import Page, expect

_MOST_STEPS = 80
_FOCUSED = """() => {
  const focused = document.activeElement;
  const label = focused.labels?.[0]?.textContent;
  return (focused.getAttribute("aria-label") ?? label ?? focused.textContent).trim();
}"""


def press(page: Page, name: str, heading: str) -> None:
    """Tab to what has this name and press Enter; what comes has this heading."""
    press_until(page, name)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()


def press_until(page: Page, name: str) -> None:
    """Press Tab until what has this name is focused."""
    for _ in range(_MOST_STEPS):
        page.keyboard.press("Tab")
        if page.evaluate(_FOCUSED) == name:
            return
    raise AssertionError(f"Tab never reaches {name}")
