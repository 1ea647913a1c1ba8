"""The rows of demo posts, and how they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from anthyx_server import posts
from anthyx_server.channels import Channel
from anthyx_server.demo.words import Theme, write
from anthyx_server.ids import id_of
from anthyx_server.posts import Post, PostTarget
from anthyx_server.tenancy import Caller

_THREADS = 0.3
_SECONDS_AHEAD = 30 * 86_400


@dataclass(frozen=True)
class Brand:
    """A brand that posts are made for: its id, its vocabulary and its channels."""

    id: str
    theme: Theme
    channels: Sequence[Channel]


def make_post(
    random: Random,
    caller: Caller,
    brand: Brand,
    people: Sequence[dict[str, Any]],
    created_at: datetime,
    now: datetime,
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A post and its targets, as columns of their rows.

    What is due is published, partially published or failed; what is not is approved or a draft.
    """
    channels = random.sample(brand.channels, random.randint(1, min(3, len(brand.channels))))
    is_long = all(channel.platform == "linkedin" for channel in channels)
    post = _draft(random, caller, brand, people, created_at)
    post["content"] = write(random, brand.theme, is_long=is_long)
    if all(channel.platform == "x" for channel in channels) and random.random() < _THREADS:
        texts = [write(random, brand.theme, is_long=False) for _ in range(3)]
        parts = [{"content": text, "media": []} for text in texts]
        post |= {"format": "thread", "thread": parts}
    _advance(random, post, people, now)
    targets = [
        _target(random, post, channel, position) for position, channel in enumerate(channels)
    ]
    return post, targets


def shown(post: dict[str, Any], targets: list[dict[str, Any]]) -> dict[str, Any]:
    """A post as the API shows it, for its events."""
    values = {"metadata_" if name == "metadata" else name: post[name] for name in post}
    return posts.present(Post(**values), [PostTarget(**target) for target in targets])


def _draft(
    random: Random,
    caller: Caller,
    brand: Brand,
    people: Sequence[dict[str, Any]],
    created_at: datetime,
) -> dict[str, Any]:
    theme = brand.theme
    tags = random.sample(theme.tags, random.randint(0, 3))
    return {
        "id": id_of("post", created_at, random.getrandbits(80)),
        "workspace_id": caller.workspace_id,
        "mode": caller.mode,
        "brand_id": brand.id,
        "campaign": random.choice(theme.campaigns) if random.random() < 0.4 else None,
        "content": "",
        "format": "post",
        "thread": None,
        "media": [],
        "state": "draft",
        "review_status": "pending",
        "review_by": None,
        "review_at": None,
        "review_comment": None,
        "scheduled_at": None,
        "schedule_source": None,
        "author": random.choice(people),
        "assignee": None,
        "notes": "",
        "tags": tags,
        "metadata": {},
        "error": None,
        "version": 1,
        "created_at": created_at,
        "updated_at": created_at,
        "approved_at": None,
        "published_at": None,
    }


def _advance(
    random: Random, post: dict[str, Any], people: Sequence[dict[str, Any]], now: datetime
) -> None:
    """Review, schedule and publish it, as far as the time since it was made allows."""
    created_at: datetime = post["created_at"]
    if random.random() < 0.12:
        if random.random() < 0.3:
            post |= {
                "review_status": "changes_requested",
                "review_by": random.choice(people),
                "review_at": min(now, created_at + timedelta(hours=5)),
                "review_comment": "Please shorten the first sentence.",
                "version": 2,
            }
        return
    approved_at = min(now, created_at + timedelta(minutes=random.randint(5, 2_000)))
    # Most are planned for the next days, some for as late as in a month.
    wait = min(random.expovariate(1 / 300_000), _SECONDS_AHEAD)
    scheduled_at = (created_at + timedelta(seconds=3_600 + wait)).replace(second=0, microsecond=0)
    earliest = (approved_at + timedelta(minutes=1)).replace(second=0, microsecond=0)
    scheduled_at = max(scheduled_at, earliest)
    post |= {
        "state": "approved",
        "review_status": "approved",
        "review_by": random.choice(people),
        "review_at": approved_at,
        "approved_at": approved_at,
        "scheduled_at": scheduled_at,
        "schedule_source": random.choice(("explicit", "explicit", "best_time")),
        "updated_at": approved_at,
        "version": 2,
    }
    published_at = scheduled_at + timedelta(milliseconds=random.randint(400, 9_000))
    if published_at < now:
        chance = random.random()
        post["state"] = (
            "published" if chance < 0.96 else "failed" if chance < 0.98 else "partially_published"
        )
        post |= {"updated_at": published_at, "version": 4}
        if post["state"] != "failed":
            post["published_at"] = published_at


_ERROR = {
    "code": "platform_unavailable", "category": "temporary", "retryable": True,
    "message": "The platform did not answer.",
}  # fmt: skip


def _target(
    random: Random, post: dict[str, Any], channel: Channel, position: int
) -> dict[str, Any]:
    state = {"draft": "pending", "approved": "pending"}.get(post["state"], "published")
    if post["state"] == "failed" or (post["state"] == "partially_published" and position):
        state = "failed"
    is_out = state == "published"
    if state == "failed":
        post["error"] = _ERROR
    external_id = str(random.getrandbits(60)) if is_out else None
    return {
        "post_id": post["id"],
        "channel_id": channel.id,
        "workspace_id": post["workspace_id"],
        "mode": post["mode"],
        "position": position,
        "platform": channel.platform,
        "content_override": None,
        "state": state,
        "external_id": external_id,
        "external_url": f"https://{channel.platform}.example/{external_id}" if is_out else None,
        "published_at": post["published_at"] if is_out else None,
        "attempts": 0 if state == "pending" else 1,
        "error": _ERROR if state == "failed" else None,
    }
