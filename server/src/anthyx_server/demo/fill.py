"""Filling a workspace with brands, channels, posts and their events."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from datetime import timedelta
from random import Random
from typing import Any

from sqlalchemy import func

from anthyx_server import channels, clock, events, posts
from anthyx_server.brands import Brand
from anthyx_server.brands import schemas as brand_schemas
from anthyx_server.brands import service as brand_service
from anthyx_server.channels import Channel
from anthyx_server.db import db, transaction
from anthyx_server.demo import rows
from anthyx_server.demo.words import THEMES, Theme
from anthyx_server.inputs import load
from anthyx_server.tenancy import Caller, owned
from anthyx_server.workspaces import list_members

# Of so many of the newest posts their events are told.
EVENTFUL_POSTS = 1_000
# Those that take a text alone.
_PLATFORMS = ("linkedin", "x", "facebook")
# Long enough to be quick, short enough for those who wait for SQLite's write lock meanwhile.
_BATCH = 2_000
_YEAR = timedelta(days=365)

Made = tuple[dict[str, Any], list[dict[str, Any]]]


def fill(
    caller: Caller, count: int, seed: int, progress: Callable[[str, int, int], object]
) -> None:
    """Add brands with channels, and so many posts over the past year and the month ahead.

    What is made follows from the seed and from how many brands there were; posts are written
    batch by batch, so that an interrupted run leaves whole ones.
    """
    with transaction():
        run = _count_brands(caller)
        random = Random(f"{seed}/{run}")
        brands = [_add_brand(caller, random, theme) for theme in THEMES]
        people = _people(caller)
    now = clock.now()
    newest: deque[Made] = deque(maxlen=EVENTFUL_POSTS)
    for start in range(0, count, _BATCH):
        made = []
        for number in range(start, min(start + _BATCH, count)):
            age = _YEAR - _YEAR * ((number + random.random()) / count)
            created_at = clock.from_milliseconds(clock.milliseconds(now - age))
            brand = random.choice(brands)
            made.append(rows.make_post(random, caller, brand, people, created_at, now))
        with transaction():
            targets = [target for _, of_post in made for target in of_post]
            posts.insert_rows([post for post, _ in made], targets)
        newest.extend(made)
        progress("Posts", start + len(made), count)
    _tell(caller, newest)


def _count_brands(caller: Caller) -> int:
    return db.session.scalar(owned(Brand, caller, func.count(Brand.id))) or 0


def _people(caller: Caller) -> list[dict[str, Any]]:
    return [
        {"type": "user", "id": member.id, "name": member.email}
        for member in list_members(caller.workspace_id)
    ] or [caller.actor.as_dict()]


def _add_brand(caller: Caller, random: Random, theme: Theme) -> rows.Brand:
    body = {
        "name": _free_name(caller, theme.name),
        "description": theme.about,
        "website_url": theme.website,
        "colors": [{"name": "Main", "hex": theme.color}],
        "voice": {"tone": theme.tone},
        "timezone": theme.timezone,
    }
    brand = brand_service.create(caller, load(brand_schemas.WritableBrandSchema(), body))
    db.session.flush()
    channels = [
        _add_channel(caller, random, brand, platform)
        for platform in random.sample(_PLATFORMS, random.randint(2, len(_PLATFORMS)))
    ]
    db.session.flush()
    return rows.Brand(brand.id, theme, channels)


def _free_name(caller: Caller, name: str) -> str:
    same = owned(Brand, caller, Brand.name).where(Brand.name.startswith(name))
    taken = set(db.session.scalars(same))
    number = 1
    free = name
    while free in taken:
        number += 1
        free = f"{name} {number}"
    return free


def _add_channel(caller: Caller, random: Random, brand: Brand, platform: str) -> Channel:
    values = {
        "brand_id": brand.id,
        "platform": platform,
        "name": f"{brand.name} on {platform}",
        "external_id": str(random.getrandbits(50)),
        "credentials": None,
    }
    return channels.create(caller, values)


def _tell(caller: Caller, made: Sequence[Made]) -> None:
    """Publish the events of posts; what they show is how the posts are now."""
    for start in range(0, len(made), 200):
        with transaction():
            for post, targets in list(made)[start : start + 200]:
                shown = rows.shown(post, targets)
                types = ["post.created"]
                if post["state"] in {"published", "partially_published", "failed"}:
                    types.append(f"post.{post['state']}")
                for event_type in types:
                    subject = ("post", post["id"])
                    brand_id = post["brand_id"]
                    events.publish(caller, event_type, subject, shown, brand_id=brand_id)
