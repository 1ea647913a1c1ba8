"""The help page's sentences: those that are shown to be true, and those that can't be yet."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

PAGE = Path(__file__).parent.with_name("help_page.md")
QUOTED: list[str] = []

# Sentences on what is built later, or on nothing that a program could show.
NOT_YET = {
    "API Access & Keys",
    "(last updated June 2026)",
    # Posts, analytics and webhooks.
    (
        "The Anthyx REST API gives you programmatic access to your workspace data — create posts, "
        "read analytics, manage brands, and receive real-time events via webhooks."
    ),
    (
        "This guide covers generating API keys, authenticating requests, understanding rate "
        "limits, and setting up webhooks."
    ),
    # The documentation's site.
    "Full endpoint documentation is available at docs.useanthyx.com/api.",
}


def sentences() -> list[str]:
    """The page's sentences and list items, without headings of sections."""
    blocks = re.split(r"\n\s*\n|\n(?=- |\d\. |\*\*)|(?<=\*\*)\n", PAGE.read_text(encoding="utf-8"))
    found = []
    for block in blocks:
        text = " ".join(block.split())
        if re.fullmatch(r"\*\*[^*]+\*\*", text):
            continue
        text = re.sub(r"^(# |- |\d\. )", "", text).replace("**", "")
        found += re.split(r"(?<=[.!?])\s+(?=[A-Z])|(?<=`)\s+(?=[A-Z])", text)
    return found


def shows(*quoted: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Say which sentences a test shows to be true."""

    def note(test: Callable[..., None]) -> Callable[..., None]:
        QUOTED.extend(quoted)
        return test

    return note
