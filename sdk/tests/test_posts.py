"""Every method of `client.posts`, as it goes over the wire and comes back."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime, timezone
from typing import Any

import pytest

from anthyx import (
    Anthyx,
    BulkResult,
    Page,
    Post,
    PostComment,
    PostHistoryEntry,
    PostValidation,
    ResponseInfo,
    ThreadPart,
)
from anthyx._models import decode_model
from sdk.tests import samples
from sdk.tests.loopback import Loopback, ok, raw
from sdk.tests.operations import Operation, assert_complete, assert_operation, ids_of

pytestmark = pytest.mark.enable_socket

POST = samples.post()
GONE = raw(204, b"", {"X-Request-Id": "req_1"})
WHEN = datetime(2026, 11, 23, tzinfo=timezone.utc)
ENCODED, SENT = "2026-11-23T00%3A00%3A00.000Z", "2026-11-23T00:00:00.000Z"
VALID = {
    "is_valid": False,
    "targets": [{"channel_id": "chan_1", "platform": "x", "problems": []}],
    "problems": [{"code": "no_targets", "detail": "None.", "pointer": "/targets"}],
}
BULK = {
    "data": [
        {"index": 0, "status": 201, "post": POST},
        {"index": 1, "status": 422, "error": {"code": "validation_failed"}},
    ]
}
FILTERS: dict[str, Any] = {
    "brand_id": "b", "state": "draft", "platform": "x", "channel_id": "c", "campaign": "s",
    "assignee": "u", "review_status": "pending", "tag": "t", "q": "w",
}  # fmt: skip
RANGES = (
    "scheduled_after", "scheduled_before", "published_after", "published_before",
    "created_after", "created_before", "updated_since",
)  # fmt: skip
TIMES: dict[str, Any] = dict.fromkeys(RANGES, WHEN)
LINE = "&".join(f"{name}={value}" for name, value in FILTERS.items())
LINE += "".join(f"&{name}={ENCODED}" for name in RANGES) + "&sort=-updated_at&limit=9"
BODY: dict[str, Any] = {
    "content": "c", "format": "thread", "media": [], "targets": [{"channel_id": "x"}],
    "campaign": None, "assignee": "u", "notes": "n", "tags": ["t"], "metadata": {"k": "v"},
}  # fmt: skip
PART = ThreadPart(content="a", media=())
SENT_BODY = {**BODY, "thread": [{"content": "a", "media": []}], "scheduled_at": SENT}
LIST = ok(samples.page(POST))


def a_post() -> Post:
    return decode_model(Post, POST)


CALLS: list[Operation] = [
    (lambda p: p.list().page(), "GET /posts?limit=100", LIST, Page, None),
    (
        lambda p: p.list(**FILTERS, **TIMES, sort="-updated_at", page_size=9).page(),
        f"GET /posts?{LINE}",
        LIST,
        Page,
        None,
    ),
    (lambda p: p.get("p"), "GET /posts/p", ok(POST), Post, None),
    (
        lambda p: p.create(brand_id="b", **BODY, thread=[PART], scheduled_at=WHEN),
        "POST /posts",
        ok(POST, 201),
        Post,
        {"brand_id": "b", **SENT_BODY},
    ),
    (
        lambda p: p.update("p", **BODY, thread=[PART], scheduled_at=WHEN),
        "PATCH /posts/p",
        ok(POST),
        Post,
        SENT_BODY,
    ),
    (lambda p: p.update("p", notes=None), "PATCH /posts/p", ok(POST), Post, {"notes": None}),
    (lambda p: p.delete("p"), "DELETE /posts/p", GONE, ResponseInfo, None),
    (
        lambda p: p.approve(a_post()),
        "POST /posts/post_1/approve",
        ok(POST),
        Post,
        {"version": 7},
    ),
    (lambda p: p.approve("p", version=2), "POST /posts/p/approve", ok(POST), Post, {"version": 2}),
    (lambda p: p.approve("p", if_match='"2"'), "POST /posts/p/approve", ok(POST), Post, {}),
    (lambda p: p.unapprove("p"), "POST /posts/p/unapprove", ok(POST), Post, None),
    (
        lambda p: p.request_changes("p", comment="x"),
        "POST /posts/p/request-changes",
        ok(POST),
        Post,
        {"comment": "x"},
    ),
    (
        lambda p: p.validate({"brand_id": "b", "scheduled_at": WHEN}),
        "POST /posts/validate",
        ok(VALID),
        PostValidation,
        {"brand_id": "b", "scheduled_at": SENT},
    ),
    (
        lambda p: p.bulk_create([{"brand_id": "b"}, {"brand_id": "c"}]),
        "POST /posts/bulk",
        ok(BULK),
        BulkResult,
        [{"brand_id": "b"}, {"brand_id": "c"}],
    ),
    (
        lambda p: p.bulk_approve([a_post(), {"id": "p", "version": 2}]),
        "POST /posts/bulk-approve",
        ok(BULK),
        BulkResult,
        [{"id": "post_1", "version": 7}, {"id": "p", "version": 2}],
    ),
    (
        lambda p: p.list_comments("p", page_size=5).page(),
        "GET /posts/p/comments?limit=5",
        ok(samples.page(samples.comment())),
        Page,
        None,
    ),
    (
        lambda p: p.create_comment("p", text="Nice"),
        "POST /posts/p/comments",
        ok(samples.comment(), 201),
        PostComment,
        {"text": "Nice"},
    ),
    (
        lambda p: p.list_history("p").page(),
        "GET /posts/p/history?limit=100",
        ok(samples.page(samples.history_entry())),
        Page,
        None,
    ),
]


@pytest.mark.parametrize("operation", CALLS, ids=ids_of(CALLS))
def test_each_method_is_one_operation(
    client: Anthyx, server: Loopback, operation: Operation
) -> None:
    assert_operation(server, client.posts, operation)


def test_every_method_is_in_the_table_above(client: Anthyx) -> None:
    assert_complete([client.posts], CALLS)


def test_approving_says_which_version_was_read(client: Anthyx, server: Loopback) -> None:
    with pytest.raises(ValueError, match="which version"):
        client.posts.approve("post_1")
    assert server.seen == []
    server.answers(ok(POST))
    client.posts.approve("post_1", if_match='"7"')
    assert server.seen[0].headers["if-match"] == '"7"'


@pytest.mark.parametrize(
    ("model", "shown"),
    [
        (Post, samples.post()),
        (PostComment, samples.comment()),
        (PostHistoryEntry, samples.history_entry()),
        (PostValidation, VALID),
    ],
)
def test_models_hold_all_that_is_shown(model: type[Any], shown: dict[str, Any]) -> None:
    decoded = decode_model(model, shown)
    assert decoded.extra == {}
    assert decoded.to_dict() == shown
    assert {each.name for each in fields(model)} - {"extra", "response"} == shown.keys()


def test_a_bulk_result_tells_posts_from_errors() -> None:
    done, refused = decode_model(BulkResult, BULK).data
    assert done.post == a_post()
    assert (refused.post, refused.error) == (None, {"code": "validation_failed"})
