"""Making events happen, and reading what the feed shows of them."""

from __future__ import annotations

from typing import Any

from anthyx_server import db, events
from server.tests.keys.answers import document
from tests.support.apps import Account

Happened = tuple[str, str | None]  # a type and a brand's id


def happen(account: Account, *happened: Happened | str) -> list[str]:
    """Publish events in one transaction; their ids in that order."""
    with account.app.app_context(), db.transaction():
        return [
            _publish(account, *((each, None) if isinstance(each, str) else each))
            for each in happened
        ]


def _publish(account: Account, event_type: str, brand_id: str | None) -> str:
    about = (event_type.partition(".")[0], "about_1")
    return events.publish(account.caller, event_type, about, {"text": "ü€😀"}, brand_id=brand_id).id


def page(account: Account, query: str = "") -> dict[str, Any]:
    """A page of the feed."""
    return document(account.get(f"/events?{query}"))


def ids(account: Account, query: str = "") -> list[str]:
    """The ids on a page of the feed."""
    return [each["id"] for each in page(account, query)["data"]]


def all_pages(account: Account, query: str) -> list[str]:
    """The ids on all pages that cursors lead to."""
    found: list[str] = []
    cursor = ""
    while True:
        shown = page(account, f"{query}{cursor}")
        found += [each["id"] for each in shown["data"]]
        if not shown["has_more"]:
            assert shown["next_cursor"] is None
            return found
        cursor = f"&cursor={shown['next_cursor']}"


def poll_all(account: Account, after: str, query: str = "") -> list[str]:
    """The ids that come after an event, poll by poll until there are no more."""
    found: list[str] = []
    while True:
        shown = page(account, f"after={after}{query}")
        assert shown["next_cursor"] is None
        found += [each["id"] for each in shown["data"]]
        if not shown["has_more"]:
            return found
        after = found[-1]
