"""The table of posts: both ends of a long list, for every filter and sort."""

from __future__ import annotations

import statistics
from time import perf_counter
from typing import Any

from anthyx_server import clock, pagination
from anthyx_server.db import reader
from anthyx_server.posts import listing, schemas
from anthyx_server.posts.models import Post
from anthyx_server.tenancy import owned
from tests.bench.world import World, open_world
from tests.support.many_posts import SPAN, START, Filled, fill

COUNT, BRANDS = 1_000_000, 20
_PAGE = 25


def table(database: str, rounds: int) -> str:
    """Measure every filter and sort at both ends, in turn; lower quartiles as Markdown."""
    with open_world(database) as world, world.account.app.test_request_context("/v1/posts"):
        account = world.account
        brand_ids = [
            account.post("/brands", json={"name": f"Grown {n}"}).get_json()["id"]
            for n in range(BRANDS)
        ]
        filled = fill(account.caller, brand_ids, COUNT)
        lines = ["| list | first page ms | last page ms | last by first |", "|---|--:|--:|--:|"]
        lines += [_line(world, title, given, rounds) for title, given in _lists(filled).items()]
    lines += [
        "",
        f"Pages of {_PAGE} without HTTP; lower quartiles of {rounds} rounds, both in turn.",
    ]
    return "\n".join(lines)


def _lists(filled: Filled) -> dict[str, dict[str, Any]]:
    """What is asked for, by what the table calls it."""
    sorts = {f"sort={sort}": {"sort": sort} for sort in schemas.SORTS}
    early, late = (clock.rfc3339(START + SPAN * part) for part in (0.1, 0.9))
    filters: dict[str, str] = {
        "brand_id": filled.brand_ids[3],
        "state": "failed",
        "platform": "x",
        "channel_id": filled.channel_ids[7],
        "campaign": "Campaign 7",
        "assignee": filled.assignees[3],
        "review_status": "changes_requested",
        "tag": "tag 5",
    }
    ranges = {
        f"{name}_after, _before": {f"{name}_after": early, f"{name}_before": late}
        for name in ("scheduled", "published", "created")
    }
    return {
        **sorts,
        **{name: {name: value} for name, value in filters.items()},
        "state, published": {"state": "published"},
        "q, in half of the posts": {"q": "coffee"},
        "q, in 1 %": {"q": "seasonal"},
        "q, in 0.01 %": {"q": "zanzibar"},
        **ranges,
        "updated_since": {"updated_since": early},
    }


def _line(world: World, title: str, given: dict[str, Any], rounds: int) -> str:
    arguments = schemas.ListPostsQuerySchema().load({**given, "limit": str(_PAGE)})
    ends = [arguments, {**arguments, "cursor": _last_cursor(world, arguments)}]
    times: list[list[float]] = [[], []]
    for _ in range(rounds):
        for taken, end in zip(times, ends, strict=True):
            start = perf_counter()
            listing.list_page(world.account.caller, end)
            taken.append((perf_counter() - start) * 1e3)
    # What else the machine does only ever adds.
    first, last = (statistics.quantiles(taken, n=4)[0] for taken in times)
    return f"| {title} | {first:.2f} | {last:.2f} | {last / first:.2f} |"


def _last_cursor(world: World, arguments: dict[str, Any]) -> str:
    """Where the last page begins: what a page of the reversed list ends with."""
    caller = world.account.caller
    column = listing.sort_of({name: each for name, each in arguments.items() if each is not None})
    name = column.removeprefix("-")
    if name == "scheduled_at" and arguments["sort"] is not None:
        untimed = owned(Post, caller, Post.id).where(Post.scheduled_at.is_(None))
        order = Post.id if column.startswith("-") else Post.id.desc()
        post_id = reader().rows(untimed.order_by(order).limit(_PAGE + 1))[-1][0]
        position: tuple[Any, Any] = (None, post_id)
    else:
        reversed_sort = name if column.startswith("-") else f"-{name}"
        page = listing.list_page(caller, {**arguments, "sort": reversed_sort, "limit": _PAGE + 1})
        position = (page["data"][-1][name], page["data"][-1]["id"])
    rows: list[Any] = [position, position]
    return str(
        pagination.page(rows, {**arguments, "limit": 1}, caller, 2, lambda _row: {})["next_cursor"]
    )
