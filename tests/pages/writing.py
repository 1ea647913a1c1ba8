"""What there is to look at: posts, as customers make them, and the use of a key."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from anthyx_server import clock, db
from anthyx_server.limits.models import UsageHour
from tests.support.apps import Account

TEXT = "خبز طازج كل صباح 🥐 and <b>fresh</b> Donaudampfschifffahrtselektrizitätenwerk"
_RUSH = 14


def make(account: Account, path: str, **body: Any) -> dict[str, Any]:
    """Create something; as it was answered."""
    answer = account.post(path, json=body)
    assert answer.status_code in {200, 201}, answer.get_json()
    return dict(answer.get_json())


def make_brand(account: Account, name: str) -> str:
    """A brand's id."""
    return str(make(account, "/brands", name=name)["id"])


def make_draft(account: Account, brand_id: str, content: str, **values: Any) -> dict[str, Any]:
    """A draft for LinkedIn and X."""
    names = [f"{platform} of {content[:20]}" for platform in ("linkedin", "x")]
    channels = [
        make(account, "/channels", brand_id=brand_id, platform=platform, name=name)["id"]
        for platform, name in zip(("linkedin", "x"), names, strict=True)
    ]
    targets = [{"channel_id": channels[0]}, {"channel_id": channels[1], "content_override": "X"}]
    return make(account, "/posts", brand_id=brand_id, content=content, targets=targets, **values)


def write_posts(account: Account) -> str:
    """Posts with all that their pages can show; the id of the one that shows most."""
    brand_id = make_brand(account, "Blue Bakery")
    make_draft(account, brand_id, TEXT)
    make_draft(account, brand_id, "Our ovens are lit at four, so that you have bread at six.")
    content = "Sourdough takes two days. We start on Monday, you eat on Wednesday."
    values = {"campaign": "Spring & more", "notes": "Check the days", "tags": ["bread"]}
    post = make_draft(account, brand_id, content, **values)
    path = f"/posts/{post['id']}"
    make(account, f"{path}/request-changes", comment="Please shorten the first sentence.")
    make(account, f"{path}/comments", text="Wednesday is fine\nfor all our shops.")
    return str(post["id"])


def use(account: Account) -> None:
    """Requests of a key over two days, more by day than by night, and some that were refused."""
    newest = clock.now().replace(minute=0, second=0, microsecond=0)
    rows = []
    for ago in range(1, 48):
        hour = newest - timedelta(hours=ago)
        accepted = 20 + 150 * max(0, 6 - abs(hour.hour - 13))
        limited = 120 if hour.hour == _RUSH else 0
        rows.append(_hour(account, hour, accepted, limited))
    with account.app.app_context(), db.transaction():
        db.db.session.add_all(rows)


def _hour(account: Account, hour: datetime, accepted: int, limited: int) -> UsageHour:
    return UsageHour(
        workspace_id=account.workspace_id,
        mode=account.mode,
        key_id=account.key_id,
        hour=hour,
        source="stored",
        accepted=accepted,
        limited=limited,
    )
