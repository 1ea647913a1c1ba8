"""`anthyx-server demo-data`: believable rows that hold together, the same for the same seed."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from anthyx_server import clock, db
from anthyx_server.brands import Brand
from anthyx_server.channels import Channel
from anthyx_server.demo import EVENTFUL_POSTS
from anthyx_server.events import Event
from anthyx_server.posts import Post, PostTarget
from server.tests.commands.conftest import Operator

POSTS = 300
DUE = {"published", "partially_published", "failed"}


def rows(operator: Operator, model: Any, workspace_id: str) -> list[Any]:
    """All rows of a workspace in a table, oldest first."""
    with operator.app.app_context():
        query = sa.select(model).where(model.workspace_id == workspace_id)
        found = list(db.db.session.scalars(query.order_by(*sa.inspect(model).primary_key)))
        db.db.session.expunge_all()
    return found


def fill(operator: Operator, workspace_id: str, *options: str) -> str:
    words = ("demo-data", "--workspace", workspace_id, "--posts", str(POSTS), *options)
    return operator.run(*words)


def test_what_is_made_holds_together(operator: Operator) -> None:
    workspace = operator.workspace()["workspace_id"]
    started_at = clock.now()
    assert fill(operator, workspace) == f"{workspace} has {POSTS} more posts in live mode.\n"
    posts, targets = rows(operator, Post, workspace), rows(operator, PostTarget, workspace)
    brands = {brand.id for brand in rows(operator, Brand, workspace)}
    channels = {channel.id: channel for channel in rows(operator, Channel, workspace)}
    assert len(posts) == POSTS
    assert [post.id for post in sorted(posts, key=lambda post: post.created_at)] == [
        post.id for post in posts
    ]
    assert {post.brand_id for post in posts} <= brands
    assert {"draft", "approved", "published"} <= {post.state for post in posts}
    by_id = {post.id: post for post in posts}
    assert {target.post_id for target in targets} == set(by_id)
    for target in targets:
        post, channel = by_id[target.post_id], channels[target.channel_id]
        assert (channel.brand_id, channel.platform) == (post.brand_id, target.platform)
        assert (target.state == "published") == (target.published_at is not None)
        assert (post.state in DUE) == (target.state != "pending")
        assert target.platform != "x" or len(post.content) <= 250
    for post in posts:
        assert started_at - timedelta(days=366) < post.created_at <= clock.now()
        assert (post.state == "draft") == (post.scheduled_at is None)
        assert (post.published_at is None) == (
            post.state not in {"published", "partially_published"}
        )
        if post.state == "approved":
            latest = started_at + timedelta(days=32)
            assert started_at - timedelta(minutes=2) < post.scheduled_at < latest
        if post.published_at is not None:
            assert post.created_at <= post.approved_at <= post.published_at <= clock.now()


def test_events_tell_of_all_of_it(operator: Operator) -> None:
    made = operator.workspace()
    workspace = made["workspace_id"]
    fill(operator, workspace)
    assert POSTS <= EVENTFUL_POSTS
    told = Counter(event.type for event in rows(operator, Event, workspace))
    states = Counter(post.state for post in rows(operator, Post, workspace))
    assert told["post.created"] == POSTS
    assert told["post.published"] == states["published"]
    assert told["brand.created"] == len(rows(operator, Brand, workspace))
    assert told["channel.connected"] == len(rows(operator, Channel, workspace))
    account = operator.account(made)
    assert len(account.get("/brands?limit=100").get_json()["data"]) == told["brand.created"]


def texts(operator: Operator, workspace_id: str) -> list[tuple[Any, ...]]:
    return [
        (post.content, post.state, post.tags, post.campaign, post.id[-10:])
        for post in rows(operator, Post, workspace_id)
    ]


def test_the_same_seed_makes_the_same_and_another_run_adds_more(operator: Operator) -> None:
    first, second, third = (operator.workspace()["workspace_id"] for _ in range(3))
    fill(operator, first)
    fill(operator, second, "--seed", "1", "--mode", "test")
    fill(operator, third, "--seed", "2")
    same = [(content, tags) for content, _, tags, *_ in texts(operator, first)]
    assert same == [(content, tags) for content, _, tags, *_ in texts(operator, second)]
    assert texts(operator, first) != texts(operator, third)
    assert {post.mode for post in rows(operator, Post, second)} == {"test"}
    before = len(rows(operator, Brand, first))
    fill(operator, first)
    assert len(rows(operator, Post, first)) == 2 * POSTS
    names = [brand.name for brand in rows(operator, Brand, first)]
    assert len(names) == len(set(names)) == 2 * before


def test_an_unknown_workspace_is_refused(operator: Operator) -> None:
    told = operator.refusal("demo-data", "--workspace", "ws_missing")
    assert told == "there is no workspace ws_missing"
    assert "--posts" in operator.refusal("demo-data", "--workspace", "ws_1", "--posts", "-1")
