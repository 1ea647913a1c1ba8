"""Posts to look at, made through the API as customers make them."""

from __future__ import annotations

from typing import Any

from tests.support.apps import Account

TEXT = "خبز طازج كل صباح 🥐 and <b>fresh</b> Donaudampfschifffahrtselektrizitätenwerk"


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


def write_post(account: Account) -> str:
    """A post with all that its page can show; its id."""
    brand_id = make_brand(account, "Blue Bakery")
    post = make_draft(
        account, brand_id, TEXT, campaign="Spring & more", notes="Check it", tags=["bread"]
    )
    path = f"/posts/{post['id']}"
    make(account, f"{path}/request-changes", comment="Please shorten the first sentence.")
    make(account, f"{path}/comments", text="Two\nlines")
    return str(post["id"])
