"""Channels and published posts as rows: nothing can be published through the API yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from anthyx_server import clock, db
from anthyx_server.channels import Channel
from anthyx_server.ids import new_id
from anthyx_server.posts import Post, PostTarget
from tests.support.apps import Account

Target = tuple[str, str, bool]
"""A channel's id, its platform, and whether the post was published there."""


def add_brand(account: Account, name: str) -> str:
    """A brand, made through the API; its id."""
    return str(account.post("/brands", json={"name": name}).get_json()["id"])


def add_channel(account: Account, brand_id: str, platform: str = "x", name: str = "@acme") -> str:
    """A connected channel; its id."""
    moment = clock.now()
    channel = Channel(
        id=new_id("chan"),
        workspace_id=account.workspace_id,
        mode=account.mode,
        brand_id=brand_id,
        platform=platform,
        name=name,
        status="connected",
        version=1,
        created_at=moment,
        updated_at=moment,
    )
    channel_id = channel.id
    with account.app.app_context(), db.transaction():
        db.db.session.add(channel)
    return channel_id


def add_posts(
    account: Account,
    brand_id: str,
    published_at: Iterable[datetime | None],
    targets: Sequence[Target] = (),
) -> list[str]:
    """Posts that were published then (None: drafts) on the targets that say so; their ids."""
    moments = list(published_at)
    posts = [post_values(account, brand_id, moment) for moment in moments]
    rows = [
        values
        for post, moment in zip(posts, moments, strict=True)
        for values in target_values(account, post["id"], moment, targets)
    ]
    with account.app.app_context(), db.transaction():
        for model, all_values in ((Post, posts), (PostTarget, rows)):
            if all_values:
                db.db.session.execute(sa.insert(model), all_values)
    return [post["id"] for post in posts]


def post_values(account: Account, brand_id: str, published_at: datetime | None) -> dict[str, Any]:
    """The row of a post that was published then, or of a draft."""
    moment = published_at or clock.now()
    return {
        "id": new_id("post"),
        "workspace_id": account.workspace_id,
        "mode": account.mode,
        "brand_id": brand_id,
        "content": "Fresh bread",
        "format": "post",
        "media": [],
        "state": "draft" if published_at is None else "published",
        "review_status": "pending",
        "author": {"type": "system", "id": None, "name": "a test"},
        "notes": "",
        "tags": [],
        "metadata_": {},
        "version": 1,
        "created_at": moment,
        "updated_at": moment,
        "published_at": published_at,
    }


def target_values(
    account: Account, post_id: str, published_at: datetime | None, targets: Sequence[Target]
) -> list[dict[str, Any]]:
    """The rows of a post's targets."""
    return [
        {
            "post_id": post_id,
            "workspace_id": account.workspace_id,
            "mode": account.mode,
            "channel_id": channel_id,
            "position": position,
            "platform": platform,
            "state": "published" if is_published and published_at else "pending",
            "published_at": published_at if is_published else None,
            "attempts": int(is_published),
        }
        for position, (channel_id, platform, is_published) in enumerate(targets)
    ]
