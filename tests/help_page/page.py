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
    # Webhooks.
    "Webhooks deliver real-time event notifications to your endpoint.",
    "Go to Settings → Integrations → Webhooks → Add endpoint and enter your destination URL.",
    "Select which events to subscribe to (see the full event list in the Integrations guide).",
    (
        "Anthyx signs each request with an HMAC-SHA256 signature using your webhook secret: "
        "`X-Anthyx-Signature: sha256=<hex_digest>`"
    ),
    "Verify this signature in your endpoint handler before processing the payload.",
    "Unverified requests should be rejected with a 400 status.",
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
