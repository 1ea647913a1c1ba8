"""Whose posts a key sees: its workspace's, its mode's, its brands'."""

from __future__ import annotations

import sqlalchemy as sa

from anthyx_server import db
from anthyx_server.channels import Channel
from anthyx_server.keys import SCOPES
from server.tests.analytics.conftest import Studio, at, make_studio
from tests.support.apps import Account
from tests.support.problems import problem

PATHS = ("summary", "timeseries", "posts", "best-times")
SCOPES_OF_A_BRAND = [scope for scope in SCOPES if not scope.startswith("keys:")]


def restricted(studio: Studio, *brand_ids: str) -> Studio:
    key = studio.account.with_key(brand_ids=list(brand_ids), scopes=SCOPES_OF_A_BRAND)
    return studio.by(key)


def test_a_key_of_a_brand_sees_that_brand_alone(studio: Studio) -> None:
    bread = studio.bake(at("2026-11-25 12:00"), linkedin=True)
    flowers = studio.bind(at("2026-11-24 12:00"), at("2026-11-23 12:00"))
    florist = restricted(studio, studio.florist)
    assert florist.published() == (2, 0)
    assert florist.read("summary")["coverage"]["channels"] == 1
    assert florist.published(platform="linkedin") == (0, 0)
    for group_by, group in (
        ("brand", studio.florist),
        ("channel", studio.florist_x),
        ("platform", "x"),
    ):
        found = florist.series(group_by=group_by)
        assert {name: sum(values) for name, values in found.items()} == {group: 2}
    shown = florist.read("posts")["data"]
    assert [post["post_id"] for post in shown] == flowers
    assert florist.read("best-times")["sample_size"] == 2
    both = restricted(studio, studio.florist, studio.bakery)
    assert both.published() == (3, 0)
    problem(florist.account.get(f"/posts/{bread[0]}/analytics"), 404, "not_found")
    assert florist.account.get(f"/posts/{flowers[0]}/analytics").status_code == 200


def test_what_a_key_may_not_see_is_not_found(studio: Studio, other_account: Account) -> None:
    studio.bake(at("2026-11-25 12:00"))
    florist = restricted(studio, studio.florist)
    strangers = (florist.account, other_account, studio.account.with_key(mode="test"))
    for stranger in strangers:
        for path in PATHS:
            for query in ({"brand_id": studio.bakery}, {"channel_id": studio.bakery_x}):
                answer = stranger.get(f"/analytics/{path}", query_string=query)
                problem(answer, 404, "not_found")


def test_a_key_whose_brands_are_gone_sees_nothing(studio: Studio) -> None:
    studio.bind(at("2026-11-25 12:00"))
    gone = studio.account.post("/brands", json={"name": "Gone"}).get_json()["id"]
    nobody = restricted(studio, gone)
    studio.account.delete(f"/brands/{gone}")
    assert nobody.published() == (0, 0)
    assert nobody.series(group_by="channel") == {}
    assert nobody.read("posts")["data"] == []


def test_test_keys_see_test_data(studio: Studio) -> None:
    studio.bake(at("2026-11-25 12:00"))
    test = make_studio(studio.account.with_key(mode="test"))
    assert test.published() == (0, 0)
    test.bind(at("2026-11-25 12:00"), at("2026-11-25 12:00"))
    assert test.published() == (2, 0)
    assert studio.published() == (1, 0)
    assert list(test.series(group_by="brand")) == sorted([test.bakery, test.florist])


def test_a_deleted_channel_is_known_by_what_was_published_on_it(studio: Studio) -> None:
    studio.bind(at("2026-11-25 12:00"))
    with studio.account.app.app_context(), db.transaction():
        for channel_id in (studio.florist_x, studio.bakery_linkedin):
            db.db.session.execute(sa.delete(Channel).where(Channel.id == channel_id))
    assert studio.published(channel_id=studio.florist_x) == (1, 0)
    assert sum(studio.series(group_by="channel")[studio.florist_x]) == 1
    bakery = restricted(studio, studio.bakery)
    for account, channel_id in (
        (studio.account, studio.bakery_linkedin),  # nothing was published on it
        (bakery.account, studio.florist_x),
    ):
        answer = account.get("/analytics/summary", query_string={"channel_id": channel_id})
        problem(answer, 404, "not_found")


def test_the_scope_is_needed(studio: Studio) -> None:
    (post,) = studio.bake(at("2026-11-25 12:00"))
    bare = studio.account.with_key(scopes=["posts:read"])
    for path in (*(f"/analytics/{path}" for path in PATHS), f"/posts/{post}/analytics"):
        document = problem(bare.get(path), 403, "insufficient_scope")
        assert document["required_scopes"] == ["analytics:read"]
