"""`GET /v1/analytics/posts` and `GET /v1/posts/{id}/analytics`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from anthyx_server.analytics.metrics import METRICS
from anthyx_server.ids import new_id
from server.tests.analytics.conftest import NOW, Studio, at
from tests.support.apps import Account
from tests.support.problems import problem


def metrics(posts_published: int) -> dict[str, Any]:
    return {**dict.fromkeys(METRICS), "posts_published": posts_published}


def walk(studio: Studio, **query: Any) -> list[dict[str, Any]]:
    """All pages of two."""
    seen: list[dict[str, Any]] = []
    while True:
        page = studio.read("posts", limit=2, **query)
        seen += page["data"]
        assert page["has_more"] == (page["next_cursor"] is not None)
        assert page["as_of"] == "2026-11-25T13:00:00.000Z"
        if not page["has_more"]:
            return seen
        query["cursor"] = page["next_cursor"]


def test_published_posts_come_newest_first(studio: Studio) -> None:
    old, new = studio.bake(at("2026-11-20 12:00"), at("2026-11-24 12:00:00.123"))
    (middle,) = studio.bind(at("2026-11-22 12:00"))
    studio.bake(None, at("2026-10-26 23:59"))
    found = walk(studio)
    assert [post["post_id"] for post in found] == [new, middle, old]
    assert found[0] == {
        "post_id": new,
        "brand_id": studio.bakery,
        "published_at": "2026-11-24T12:00:00.123Z",
        "metrics": metrics(1),
    }


def test_posts_of_one_moment_are_each_shown_once(studio: Studio) -> None:
    """Also of times that differ by a millisecond, which is as fine as they get."""
    moments = [NOW, NOW, NOW, NOW - timedelta(milliseconds=1), NOW - timedelta(milliseconds=1)]
    made = studio.bake(*moments)
    found = [post["post_id"] for post in walk(studio)]
    assert found == [*sorted(made[:3], reverse=True), *sorted(made[3:], reverse=True)]


def test_a_page_goes_on_while_posts_are_published(studio: Studio) -> None:
    first, *rest = reversed(studio.bake(*(NOW - timedelta(days=day) for day in (3, 2, 1))))
    page = studio.read("posts", limit=1)
    assert [post["post_id"] for post in page["data"]] == [first]
    studio.bind(NOW)
    page = studio.read("posts", limit=5, cursor=page["next_cursor"])
    assert [post["post_id"] for post in page["data"]] == rest


def test_it_lists_what_the_summary_counts(studio: Studio) -> None:
    studio.bake(*(NOW - timedelta(days=day) for day in range(4)), linkedin=True)
    studio.bake(NOW, x=False, linkedin=True)
    studio.bind(NOW, NOW)
    filters: list[dict[str, Any]] = [
        {},
        {"platform": "x"},
        {"platform": "linkedin"},
        {"channel_id": studio.florist_x},
        {"brand_id": studio.bakery, "platform": "x"},
        {"from": "2026-11-24", "to": "2026-11-24", "timezone": "Pacific/Auckland"},
    ]
    for query in filters:
        assert len(walk(studio, **query)) == studio.published(**query)[0], query


def test_a_cursor_belongs_to_its_filters(studio: Studio, other_account: Account) -> None:
    studio.bake(NOW, NOW)
    cursor = studio.read("posts", limit=1)["next_cursor"]
    changed = [{"platform": "x"}, {"from": "2026-11-01"}, {"timezone": "UTC"}]
    for query in [*changed, {"brand_id": studio.bakery}]:
        answer = studio.account.get("/analytics/posts", query_string={**query, "cursor": cursor})
        problem(answer, 400, "invalid_cursor")
    for stranger in (other_account, studio.account.with_key(mode="test")):
        answer = stranger.get("/analytics/posts", query_string={"cursor": cursor})
        problem(answer, 400, "invalid_cursor")


def test_a_post_is_shown_with_its_targets(studio: Studio) -> None:
    (post,) = studio.bake(at("2026-11-24 12:00"), x=True, linkedin=False)
    answer = studio.account.get(f"/posts/{post}/analytics")
    assert answer.get_json() == {
        "post_id": post,
        "brand_id": studio.bakery,
        "published_at": "2026-11-24T12:00:00.000Z",
        "metrics": metrics(1),
        "targets": [
            {"channel_id": studio.bakery_x, "platform": "x", "metrics": metrics(1)},
            {"channel_id": studio.bakery_linkedin, "platform": "linkedin", "metrics": metrics(0)},
        ],
        "as_of": "2026-11-25T13:00:00.000Z",
    }


def test_a_draft_is_a_measured_zero(studio: Studio) -> None:
    (post,) = studio.bake(None)
    found = studio.account.get(f"/posts/{post}/analytics").get_json()
    assert (found["published_at"], found["metrics"]) == (None, metrics(0))
    assert [target["metrics"] for target in found["targets"]] == [metrics(0)] * 2


def test_a_post_of_somebody_else_is_not_found(studio: Studio, other_account: Account) -> None:
    (post,) = studio.bake(NOW)
    for stranger in (other_account, studio.account.with_key(mode="test")):
        problem(stranger.get(f"/posts/{post}/analytics"), 404, "not_found")
    problem(studio.account.get(f"/posts/{new_id('post')}/analytics"), 404, "not_found")
    problem(
        studio.account.get(f"/posts/{post}/analytics?from=2026-11-01"), 422, "validation_failed"
    )
