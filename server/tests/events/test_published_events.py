"""What the server publishes is what the catalogue says: each operation, and the worker's jobs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import redis

from anthyx_server import clock
from anthyx_server.events.catalogue import TYPES
from anthyx_server.keys import jobs as key_jobs
from anthyx_server.limits import jobs as limit_jobs
from server.tests.api.test_answers import CALLS
from server.tests.events.happenings import page
from server.tests.events.schemas import problems_of
from server.tests.keys.answers import document
from server.tests.keys.passing import set_end
from server.tests.limits.windows import Windows
from tests.support.apps import Account, make_account
from tests.support.redis import RedisServer

# What nothing in the server does yet, or only its delivery engine.
NOT_BY_THE_API = {
    "post.published",
    "post.partially_published",
    "post.failed",
    "analytics.updated",
    "usage.threshold_reached",
    "webhook_endpoint.test",
}


def published(account: Account) -> list[dict[str, Any]]:
    """Every event of the feed, oldest first."""
    found: list[dict[str, Any]] = []
    after = "oldest"
    while True:
        shown = page(account, f"after={after}&limit=100")
        found += shown["data"]
        if not shown["has_more"]:
            return found
        after = found[-1]["id"]


def check(events: list[dict[str, Any]]) -> set[str]:
    """Judge events by their schemas; the types that there were."""
    for event in events:
        assert problems_of(event) == [], event["type"]
    return {event["type"] for event in events}


def test_every_event_of_every_operation(account: Account) -> None:
    seen: set[str] = set()
    for call in CALLS.values():
        caller = make_account(account.app)
        assert call(caller).status_code < 300
        seen |= check(published(caller))
    # Reporting keys as leaked is the one operation whose example names no real one; the endpoints
    # that such a key made are disabled.
    leaky = account.with_key()
    endpoint = {"url": "https://93.184.215.14/hooks", "event_types": ["*"]}
    assert leaky.post("/webhook-endpoints", json=endpoint).status_code == 201
    leaked = {"tokens": [leaky.token], "url": None, "source": "a test"}
    assert account.post("/leaked-keys", json=leaked).status_code == 202
    ending = account.with_key(expires_at=clock.now() + timedelta(days=30))
    set_end(account, ending.key_id, timedelta(days=1))
    with account.app.app_context():
        key_jobs.announce_expiring_keys()
    assert seen | check(published(account)) >= set(TYPES) - NOT_BY_THE_API


def test_a_used_up_day(account: Account, redis_server: RedisServer) -> None:
    starter = make_account(account.app, "starter")
    with redis_server.client() as client:
        used_up(starter, client)
    assert "usage.threshold_reached" in check(published(starter))


def used_up(account: Account, client: redis.Redis) -> None:
    Windows(client).use(account, day=4_999)
    assert account.get("/workspace").status_code == 200
    with account.app.app_context():
        limit_jobs.store_usage()


def test_a_post_that_is_too_long_for_an_event(account: Account) -> None:
    brand = document(account.post("/brands", json={"name": "Acme"}), 201)["id"]
    parts = [{"content": "€" * 50_000} for _ in range(2)]
    body = {"brand_id": brand, "format": "thread", "thread": parts}
    made = document(account.post("/posts", json=body), 201)
    account.patch(f"/posts/{made['id']}", json={"notes": "Long"})
    events = [each for each in published(account) if each["type"].startswith("post.")]
    assert check(events) == {"post.created", "post.updated"}
    for event in events:
        shown = {"type": "post", "id": made["id"]}
        assert event["data"] == {"object": shown, "previous": None, "truncated": True}


def test_a_revoked_key_tells_what_it_was_before(account: Account) -> None:
    key = account.with_key()
    assert account.delete(f"/api-keys/{key.key_id}").status_code == 204
    (event,) = page(account, "types=api_key.revoked")["data"]
    before = event["data"]["previous"]
    assert before["revoked_at"] is before["revoked_by"] is before["revoked_reason"] is None
    assert (before["status"], before["version"]) == ("active", 1)
    assert before.keys() == {
        "revoked_at", "revoked_by", "revoked_reason", "status", "version", "updated_at",
    }  # fmt: skip
