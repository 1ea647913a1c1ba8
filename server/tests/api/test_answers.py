"""Every operation answers as it is documented: status, members, types and headers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from marshmallow import RAISE, Schema, ValidationError, fields
from werkzeug.test import TestResponse

from anthyx_server import clock, openapi
from anthyx_server.brands.schemas import BrandSchema
from anthyx_server.operations import Operation, operations
from server.tests.api.webhook_calls import WEBHOOK_CALLS
from server.tests.posts.conftest import make_channel
from tests.support.apps import Account
from tests.support.published import add_channel, add_posts

OPERATIONS = [each for each in operations() if each.view.__module__.startswith("anthyx_server.")]
# Sent with every answer of any server, or by the transport.
ALWAYS = {"Content-Type", "Content-Length", "X-Content-Type-Options"}
ONLY_SOMETIMES = {"Idempotency-Replayed", "X-Next-Cursor"}
FULL = {
    "name": "Full",
    "website_url": "https://acme.example",
    "logo_url": "https://acme.example/logo.png",
    "colors": [{"name": "Red", "hex": "#FF0000"}],
    "voice": {"words_to_use": ["a"], "words_to_avoid": ["b"]},
    "metadata": {"a": "b"},
}

FULL_POST = {
    "content": "Hello",
    "format": "thread",
    "thread": [{"content": "a"}, {"content": "b"}],
    "campaign": "Spring",
    "tags": ["a"],
    "metadata": {"a": "b"},
    "scheduled_at": "2030-01-01T00:00:00Z",
}


def brand(account: Account) -> str:
    return "/brands/" + str(account.post("/brands", json=FULL).get_json()["id"])


def archived(account: Account) -> str:
    path = brand(account)
    account.post(f"{path}/archive")
    return path


def rotated(account: Account) -> str:
    key = account.with_key(
        ip_allowlist=["127.0.0.0/8"], metadata={"a": "b"}, scopes=["brands:read"]
    )
    key.get("/brands")
    account.post(f"/api-keys/{key.key_id}/rotate", json={"overlap_seconds": 0})
    return f"/api-keys/{key.key_id}"


def connect(account: Account) -> TestResponse:
    body = {"brand_id": brand(account).rpartition("/")[2], "platform": "x", "name": "@acme"}
    return account.post("/channels", json=body)


def channel(account: Account) -> str:
    return "/channels/" + str(connect(account).get_json()["id"])


def post(account: Account, **values: Any) -> str:
    body = {"brand_id": brand(account).rpartition("/")[2], **FULL_POST, **values}
    made = account.post("/posts", json=body)
    assert made.status_code == 201, made.get_json()
    path = "/posts/" + str(made.get_json()["id"])
    account.post(f"{path}/comments", json={"text": "Nice"})
    account.patch(path, json={"content": "Changed"})
    return path


def approvable(account: Account) -> str:
    brand_id = brand(account).rpartition("/")[2]
    channel = make_channel(account, brand_id)
    body = {"brand_id": brand_id, "content": "A", "targets": [{"channel_id": channel}]}
    return "/posts/" + str(account.post("/posts", json=body).get_json()["id"])


def approved(account: Account) -> str:
    path = approvable(account)
    account.post(f"{path}/approve", json={"version": 1})
    return path


def published(account: Account) -> str:
    brand_id = brand(account).rpartition("/")[2]
    target = (add_channel(account, brand_id), "x", True)
    return add_posts(account, brand_id, [clock.now()], [target])[0]


CALLS: dict[str, Callable[[Account], TestResponse]] = {
    "list_audit_log": lambda each: (rotated(each), each.get("/audit-log"))[1],
    "list_brands": lambda each: (brand(each), each.get("/brands"))[1],
    "create_brand": lambda each: each.post("/brands", json=FULL),
    "get_brand": lambda each: each.get(archived(each)),
    "update_brand": lambda each: each.patch(brand(each), json={"name": "Other"}),
    "delete_brand": lambda each: each.delete(brand(each)),
    "archive_brand": lambda each: each.post(f"{brand(each)}/archive"),
    "unarchive_brand": lambda each: each.post(f"{archived(each)}/unarchive"),
    "list_channels": lambda each: (channel(each), each.get("/channels"))[1],
    "create_channel": connect,
    "get_channel": lambda each: each.get(channel(each)),
    "update_channel": lambda each: each.patch(channel(each), json={"name": "@other"}),
    "delete_channel": lambda each: each.delete(channel(each)),
    "list_platforms": lambda each: each.get("/platforms"),
    "list_posts": lambda each: (post(each), each.get("/posts"))[1],
    "create_post": lambda each: each.post(
        "/posts", json={"brand_id": brand(each).rpartition("/")[2], **FULL_POST}
    ),
    "get_post": lambda each: each.get(approved(each)),
    "update_post": lambda each: each.patch(post(each), json={"notes": "Other"}),
    "delete_post": lambda each: each.delete(post(each)),
    "approve_post": lambda each: each.post(f"{approvable(each)}/approve", json={"version": 1}),
    "unapprove_post": lambda each: each.post(f"{approved(each)}/unapprove"),
    "request_changes_to_post": lambda each: each.post(
        f"{post(each)}/request-changes", json={"comment": "Shorter"}
    ),
    "validate_post": lambda each: each.post(
        "/posts/validate", json={"brand_id": brand(each).rpartition("/")[2]}
    ),
    "bulk_create_posts": lambda each: each.post(
        "/posts/bulk", json=[{"brand_id": brand(each).rpartition("/")[2], **FULL_POST}, {}]
    ),
    "bulk_approve_posts": lambda each: each.post(
        "/posts/bulk-approve", json=[{"id": approvable(each).rpartition("/")[2], "version": 1}]
    ),
    "list_comments": lambda each: each.get(f"{post(each)}/comments"),
    "create_comment": lambda each: each.post(f"{post(each)}/comments", json={"text": "Nice"}),
    "list_history": lambda each: each.get(f"{post(each)}/history"),
    "get_analytics_summary": lambda each: (published(each), each.get("/analytics/summary"))[1],
    "get_analytics_timeseries": lambda each: each.get("/analytics/timeseries?metrics=reach"),
    "get_analytics_posts": lambda each: (published(each), each.get("/analytics/posts"))[1],
    "get_analytics_best_times": lambda each: each.get("/analytics/best-times?platform=x"),
    "get_post_analytics": lambda each: each.get(f"/posts/{published(each)}/analytics"),
    "get_workspace": lambda each: each.get("/workspace"),
    "list_events": lambda each: (brand(each), each.get("/events"))[1],
    "create_event": lambda each: each.with_key(mode="test").post(
        "/events", json={"type": "post.published"}
    ),
    "list_event_types": lambda each: each.get("/event-types"),
    "get_event": lambda each: each.get(
        "/events/" + each.get("/events").get_json()["data"][0]["id"]
    ),
    "get_usage": lambda each: each.get("/usage"),
    "get_usage_history": lambda each: each.get("/usage/history?granularity=day"),
    "list_api_keys": lambda each: (rotated(each), each.get("/api-keys"))[1],
    "create_api_key": lambda each: each.post("/api-keys", json={"name": "A"}),
    "get_current_api_key": lambda each: each.get("/api-keys/current"),
    "delete_current_api_key": lambda each: each.with_key().delete("/api-keys/current"),
    "get_api_key": lambda each: each.get(rotated(each)),
    "update_api_key": lambda each: each.patch(f"/api-keys/{each.key_id}", json={"name": "B"}),
    "delete_api_key": lambda each: each.delete(f"/api-keys/{each.with_key().key_id}"),
    "rotate_api_key": lambda each: each.post(f"/api-keys/{each.key_id}/rotate"),
    "report_leaked_keys": lambda each: each.post("/leaked-keys", json={"tokens": ["a"]}),
    **WEBHOOK_CALLS,
}


def strictly(schema: Schema) -> Schema:
    """The schema as one that knows every member there is, however deep."""
    schema.unknown = RAISE
    for field in schema.fields.values():
        inner = field.inner if isinstance(field, fields.List) else field
        if isinstance(inner, fields.Nested):
            strictly(inner.schema)
    return schema


def documented(operation: Operation) -> dict[str, Any]:
    path = "/v1" + re.sub(r"<(\w+)>", r"{\1}", operation.path)
    described: dict[str, Any] = openapi.document()["paths"][path][operation.method.lower()]
    return described


def test_every_operation_is_called() -> None:
    assert {each.id for each in OPERATIONS} == set(CALLS)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.id)
def test_an_answer_is_as_it_is_documented(account: Account, operation: Operation) -> None:
    answer = CALLS[operation.id](account)
    assert answer.status_code == operation.status, answer.get_data()
    success = documented(operation)["responses"][str(operation.status)]
    names = set(answer.headers.keys())
    assert names - ALWAYS <= set(success["headers"]), "every header is documented"
    assert set(success["headers"]) - ONLY_SOMETIMES <= names, "what is documented is sent"
    if operation.returns is None:
        assert answer.get_data() == b""
        assert "content" not in success
        return
    shown = answer.get_json()
    if operation.is_list:
        assert shown.keys() == {"data", "has_more", "next_cursor"}
    items = shown["data"] if operation.is_list else [shown]
    assert items
    for item in items:
        strictly(type(operation.returns)()).load(item)


def test_a_member_too_many_would_be_noticed(account: Account) -> None:
    shown = account.get(brand(account)).get_json()
    strict = strictly(BrandSchema())
    strict.load(shown)
    for changed in (
        {**shown, "extra": 1},
        {**shown, "voice": {**shown["voice"], "extra": 1}},
        {**shown, "colors": [{**shown["colors"][0], "extra": 1}]},
        {name: value for name, value in shown.items() if name != "slug"},
        {**shown, "version": "one"},
    ):
        with pytest.raises(ValidationError):
            strict.load(changed)
