"""One row of every table that a workspace owns; a new table needs its seeder here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from anthyx_server import audit, clock, db, events
from anthyx_server.audit import AuditEntry
from anthyx_server.brands.models import Brand
from anthyx_server.channels import Channel
from anthyx_server.db import OwnedByWorkspace
from anthyx_server.events import Event
from anthyx_server.events.models import EventFeed
from anthyx_server.idempotency import IdempotencyRecord
from anthyx_server.keys import ApiKey
from anthyx_server.limits.models import UsageHour, UsageNotice
from anthyx_server.posts.models import Post, PostComment, PostHistoryEntry, PostTag, PostTarget
from anthyx_server.webhooks.models import (
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookHour,
    WebhookQueue,
    WebhookRecovery,
)
from tests.support.apps import Account
from tests.support.published import add_posts
from tests.support.webhooks import add_attempt, add_delivery, add_recovery

# The second argument is a word that tells this tenant's texts and numbers from all others'.
Seeder = Callable[[Account, int], str]


def _brand(account: Account, mark: int) -> str:
    answer = account.post("/brands", json={"name": f"Brand {mark} {_next()}"})
    return _id(answer.get_json())


def _channel(account: Account, mark: int) -> str:
    """Two channels, so that a list of one has a cursor; the newer one's id."""
    brand_id = _brand(account, mark)
    _channel_of(account, brand_id, mark)
    return _channel_of(account, brand_id, mark)


def _channel_of(account: Account, brand_id: str, mark: int) -> str:
    channel = {
        "brand_id": brand_id,
        "platform": "linkedin",
        "name": f"Channel {mark}",
        "credentials": {"token": str(mark)},
    }
    return _id(account.post("/channels", json=channel).get_json())


def _post(account: Account, mark: int) -> str:
    """Two posts; the newer with a target, a tag, two comments and its history."""
    brand_id = _brand(account, mark)
    target = {"channel_id": _channel_of(account, brand_id, mark)}
    body = {"brand_id": brand_id, "content": f"Post {mark}", "targets": [target]}
    body["tags"] = [f"tag {mark}"]
    account.post("/posts", json=body)
    post_id = _id(account.post("/posts", json=body).get_json())
    for number in range(2):
        account.post(f"/posts/{post_id}/comments", json={"text": f"Comment {number} {mark}"})
    return post_id


def _post_target(account: Account, mark: int) -> str:
    """One that was published."""
    brand_id = _brand(account, mark)
    target = (_channel_of(account, brand_id, mark), "linkedin", True)
    add_posts(account, brand_id, [clock.now()], [target])
    return ""


def _made_with_post(_account: Account, _mark: int) -> str:
    return ""


def _made_with_endpoint(_account: Account, _mark: int) -> str:
    return ""


def _key(account: Account, mark: int) -> str:
    answer = account.post("/api-keys", json={"name": f"Key {mark}", "metadata": {"of": str(mark)}})
    return _id(answer.get_json())


def _event(account: Account, mark: int) -> str:
    with account.app.app_context(), db.transaction():
        about = ("brand", f"brand_of_{mark}")
        return events.publish(account.caller, "brand.updated", about, {"name": str(mark)}).id


def _event_feed(account: Account, mark: int) -> str:
    _event(account, mark)
    return ""


def _audit_entry(account: Account, mark: int) -> str:
    with account.app.app_context(), db.transaction():
        audit.record(account.caller, "brand.looked_at", "brand", f"brand_of_{mark}", of=mark)
    return ""


def _idempotency_record(account: Account, mark: int) -> str:
    body = {"name": f"Repeated {mark} {_next()}"}
    headers = {"Idempotency-Key": f"seed-{_next()}"}
    return _id(account.post("/brands", json=body, headers=headers).get_json())


def _usage_hour(account: Account, mark: int) -> str:
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    with account.app.app_context(), db.transaction():
        db.db.session.add(
            UsageHour(
                workspace_id=account.workspace_id,
                mode=account.mode,
                key_id=account.key_id,
                hour=hour,
                source=f"seed-{_next()}",
                accepted=mark,
                limited=mark,
            )
        )
    return ""


def _usage_notice(account: Account, mark: int) -> str:
    with account.app.app_context(), db.transaction():
        db.db.session.add(
            UsageNotice(
                workspace_id=account.workspace_id,
                mode=account.mode,
                family_id=f"family_of_{mark}_{_next()}",
                window_ends_at=datetime.now(UTC),
                threshold_percent=mark,
            )
        )
    return ""


def _webhook_endpoint(account: Account, mark: int) -> str:
    """Two endpoints, so that a list of one has a cursor; the newer one's id.

    Of those before only the oldest stay, which are reached for: a plan allows 50.
    """
    for each in account.get("/webhook-endpoints?limit=100").get_json()["data"][:-2]:
        account.delete(f"/webhook-endpoints/{each['id']}")
    headers = {"X-Seed": str(mark)}
    body = {"url": f"https://93.184.216.34/{mark}", "event_types": ["*"], "headers": headers}
    account.post("/webhook-endpoints", json=body)
    return _id(account.post("/webhook-endpoints", json=body).get_json())


def _endpoint_of(account: Account, mark: int) -> str:
    """The newest endpoint; a plan allows no new one for each row."""
    found = account.get("/webhook-endpoints?limit=1").get_json()["data"]
    return _id(found[0]) if found else _webhook_endpoint(account, mark)


def _webhook_delivery(account: Account, mark: int) -> str:
    """Two deliveries, so that a list of one has a cursor; the newer one's id."""
    endpoint_id = _endpoint_of(account, mark)
    add_delivery(account, endpoint_id, attempts_made=mark)
    return add_delivery(account, endpoint_id, attempts_made=mark)


def _webhook_attempt(account: Account, mark: int) -> str:
    delivery_id = _webhook_delivery(account, mark)
    return add_attempt(account, delivery_id, duration_ms=mark, error_code=f"error_{mark}")


def _webhook_recovery(account: Account, mark: int) -> str:
    return add_recovery(account, _endpoint_of(account, mark), matched=mark)


def _webhook_hour(account: Account, mark: int) -> str:
    with account.app.app_context(), db.transaction():
        db.db.session.add(
            WebhookHour(
                workspace_id=account.workspace_id,
                mode=account.mode,
                endpoint_id=f"endpoint_of_{mark}_{_next()}",
                hour=datetime.now(UTC),
                succeeded=mark,
                failed=mark,
                durations={},
            )
        )
    return ""


def _id(document: dict[str, str]) -> str:
    return document["id"]


def _next() -> int:
    _numbers.append(len(_numbers))
    return _numbers[-1]


_numbers: list[int] = []

SEEDERS: dict[type[OwnedByWorkspace], Seeder] = {
    ApiKey: _key,
    AuditEntry: _audit_entry,
    Brand: _brand,
    Channel: _channel,
    Event: _event,
    EventFeed: _event_feed,
    IdempotencyRecord: _idempotency_record,
    Post: _post,
    PostComment: _made_with_post,
    PostHistoryEntry: _made_with_post,
    PostTag: _made_with_post,
    PostTarget: _post_target,
    UsageHour: _usage_hour,
    UsageNotice: _usage_notice,
    WebhookAttempt: _webhook_attempt,
    WebhookDelivery: _webhook_delivery,
    WebhookEndpoint: _webhook_endpoint,
    WebhookHour: _webhook_hour,
    WebhookQueue: _made_with_endpoint,
    WebhookRecovery: _webhook_recovery,
}

# Which table an id in a path belongs to.
PATH_IDS: dict[str, type[OwnedByWorkspace]] = {
    "brand_id": Brand,
    "channel_id": Channel,
    "delivery_id": WebhookDelivery,
    "endpoint_id": WebhookEndpoint,
    "event_id": Event,
    "key_id": ApiKey,
    "post_id": Post,
    "recovery_id": WebhookRecovery,
}

# Where one's own rows of a table are listed, for bodies that name one.
LISTED: dict[type[OwnedByWorkspace], str] = {Brand: "/brands", Post: "/posts"}

# A body that would succeed with one's own ids, by operation; a table stands for an id of one's own.
BODIES: dict[str, dict[str, object]] = {
    "approve_post": {"version": 1},
    "bulk_approve_posts": {"id": Post, "version": 1},
    "bulk_create_posts": {"brand_id": Brand, "content": "Made in the walk"},
    "create_api_key": {"name": "Made in the walk"},
    "create_brand": {"name": "Made in the walk"},
    "create_channel": {"brand_id": Brand, "platform": "x", "name": "Made in the walk"},
    "create_comment": {"text": "Made in the walk"},
    "create_event": {"type": "brand.created"},
    "create_post": {"brand_id": Brand, "content": "Made in the walk"},
    "create_webhook_endpoint": {
        "url": "https://93.184.216.34/walk",
        "event_types": ["post.*"],
        "brand_ids": [Brand],
    },
    "enable_webhook_endpoint": {"backlog": "all"},
    "recover_webhook_endpoint": {
        "since": clock.rfc3339(clock.now() - timedelta(hours=1)),
        "dry_run": False,
    },
    "request_changes_to_post": {"comment": "Made in the walk"},
    "rotate_api_key": {"overlap_seconds": 60},
    "rotate_secret_of_webhook_endpoint": {"overlap_seconds": 60},
    "update_api_key": {"name": "Changed in the walk"},
    "update_brand": {"name": "Changed in the walk"},
    "update_channel": {"name": "Changed in the walk"},
    "update_post": {"notes": "Changed in the walk"},
    "test_webhook_endpoint": {"event_type": "post.published"},
    "update_webhook_endpoint": {"description": "Changed in the walk"},
    "validate_post": {"brand_id": Brand, "content": "Made in the walk"},
}
