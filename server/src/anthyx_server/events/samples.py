"""The resources that the catalogue's examples show, each as the API shows one."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from anthyx_server.clock import rfc3339
from anthyx_server.ids import id_of

# When the examples happened.
MOMENT = datetime(2026, 11, 25, 14, 44, 39, 120_000, tzinfo=UTC)
NOW = rfc3339(MOMENT)


def at(**distance: float) -> str:
    """A time that far after the examples happened (before, where negative)."""
    return rfc3339(MOMENT + timedelta(**distance))


def sample_id(prefix: str, name: str = "") -> str:
    """The id that a thing of this name has in every example."""
    digest = hashlib.sha256(f"{prefix} {name}".encode()).digest()
    return id_of(prefix, MOMENT - timedelta(days=3), int.from_bytes(digest[:10]))


def changed(before: dict[str, Any], **fields: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A resource after a change, and the old values of what changed."""
    fields |= {"version": before["version"] + 1, "updated_at": NOW}
    previous = {name: before[name] for name, value in fields.items() if before[name] != value}
    return before | fields, previous


ANNA = {"type": "user", "id": sample_id("usr", "Anna"), "name": "Anna Berg"}
BEN = {"type": "user", "id": sample_id("usr", "Ben"), "name": "Ben Okafor"}
ZAPIER = {"type": "api_key", "id": sample_id("key", "Zapier"), "name": "Zapier"}
SYSTEM = {"type": "system", "id": None, "name": "anthyx-server"}

BRAND: dict[str, Any] = {
    "id": sample_id("brand"),
    "name": "Acme Coffee",
    "slug": "acme-coffee",
    "description": "Small-batch roasters in Hamburg.",
    "website_url": "https://acme-coffee.example",
    "logo_url": None,
    "colors": [{"name": "Espresso", "hex": "#3B2417"}],
    "voice": {
        "tone": "warm, plain",
        "guidelines": "",
        "audience": "people who brew at home",
        "words_to_use": ["fresh"],
        "words_to_avoid": ["cheap"],
    },
    "timezone": "Europe/Berlin",
    "status": "active",
    "metadata": {"crm_id": "4711"},
    "version": 1,
    "created_at": at(days=-2),
    "updated_at": at(days=-2),
    "archived_at": None,
}

CHANNEL: dict[str, Any] = {
    "id": sample_id("chan", "linkedin"),
    "brand_id": BRAND["id"],
    "platform": "linkedin",
    "name": "Acme Coffee",
    "external_id": "urn:li:organization:2414183",
    "status": "connected",
    "status_detail": None,
    "version": 1,
    "created_at": at(days=-2),
    "updated_at": at(days=-2),
}

REJECTED = {
    "code": "media_too_large",
    "category": "content",
    "message": "The platform takes images of up to 8 MB.",
    "retryable": False,
}


def target(platform: str, state: str = "pending") -> dict[str, Any]:
    """A target of the post, as it is before, after or without publishing."""
    is_published = state == "published"
    return {
        "channel_id": sample_id("chan", platform),
        "platform": platform,
        "content_override": None,
        "state": state,
        "external_id": "7398412250113" if is_published else None,
        "external_url": "https://social.example/7398412250113" if is_published else None,
        "published_at": NOW if is_published else None,
        "attempts": 0 if state == "pending" else 1,
        "error": REJECTED if state == "failed" else None,
    }


def _review(status: str, by: dict[str, Any] | None, comment: str | None = None) -> dict[str, Any]:
    return {"status": status, "by": by, "at": by and NOW, "comment": comment}


DRAFT: dict[str, Any] = {
    "id": sample_id("post"),
    "brand_id": BRAND["id"],
    "campaign": "Winter roast",
    "content": "Our winter roast is here: chocolate, orange peel and a long finish.",
    "format": "post",
    "thread": None,
    "media": [],
    "targets": [target("linkedin"), target("instagram")],
    "state": "draft",
    "review": _review("pending", None),
    "scheduled_at": None,
    "schedule_source": None,
    "author": ANNA,
    "assignee": BEN["id"],
    "notes": "",
    "tags": ["winter"],
    "metadata": {},
    "error": None,
    "version": 1,
    "created_at": at(days=-2),
    "updated_at": at(days=-2),
    "approved_at": None,
    "published_at": None,
}
NO_REVIEW = DRAFT["review"]
CHANGES_REQUESTED = _review("changes_requested", BEN, "Please name the price.")
APPROVAL = _review("approved", BEN)
APPROVED: dict[str, Any] = DRAFT | {
    "state": "approved",
    "review": APPROVAL | {"at": at(days=-1)},
    "scheduled_at": at(hours=18),
    "schedule_source": "explicit",
    "version": 2,
    "updated_at": at(days=-1),
    "approved_at": at(days=-1),
}
PUBLISHING: dict[str, Any] = APPROVED | {
    "state": "publishing",
    "scheduled_at": NOW,
    "version": 3,
}

COMMENT: dict[str, Any] = {
    "id": sample_id("cmt"),
    "author": BEN,
    "text": "Lovely. Shall we tag the roastery?",
    "created_at": NOW,
}

_METRICS: dict[str, Any] = {
    "impressions": 5_400,
    "reach": 4_100,
    "views": None,
    "clicks": 96,
    "reactions": 210,
    "comments": 14,
    "shares": 31,
    "saves": 9,
    "engagements": 360,
    "engagement_rate": 0.0667,
    "followers": None,
    "follower_change": None,
    "posts_published": 1,
}
POST_ANALYTICS: dict[str, Any] = {
    "post_id": DRAFT["id"],
    "brand_id": BRAND["id"],
    "published_at": at(days=-1),
    "metrics": _METRICS,
    "targets": [{"channel_id": CHANNEL["id"], "platform": "linkedin", "metrics": _METRICS}],
    "as_of": NOW,
}

API_KEY: dict[str, Any] = {
    "id": sample_id("key", "Reporting"),
    "family_id": sample_id("key", "Reporting"),
    "name": "Reporting",
    "description": "Reads posts for the weekly report.",
    "prefix": "anthyx_live_",
    "last4": "x7Qd",
    "mode": "live",
    "scopes": ["posts:read", "analytics:read"],
    "brand_ids": None,
    "ip_allowlist": ["203.0.113.0/24"],
    "metadata": {},
    "version": 1,
    "created_at": NOW,
    "created_by": ANNA,
    "updated_at": NOW,
    "expires_at": at(days=90),
    "last_used_at": None,
    "last_used_ip": None,
    "rotated_from": None,
    "superseded_by": None,
    "revoked_at": None,
    "revoked_by": None,
    "revoked_reason": None,
    "status": "active",
}
USED_KEY: dict[str, Any] = API_KEY | {
    "created_at": at(days=-83),
    "updated_at": at(days=-83),
    "expires_at": at(days=7),
    "last_used_at": at(minutes=-4),
    "last_used_ip": "203.0.113.7",
}
SUCCESSION = {"rotated_from": sample_id("key", "Reporting, before"), "expires_at": at(days=7)}
FOUND = {"url": "https://gist.example/5f5c03f2", "source": "a scanner of public code"}


def revoked(reason: str) -> dict[str, Any]:
    """What is different in a key that Anna revoked, or that somebody reported."""
    by = ANNA if reason == "deleted" else SYSTEM | {"name": "leaked-key report"}
    return {"revoked_at": NOW, "revoked_by": by, "revoked_reason": reason, "status": "revoked"}


USAGE: dict[str, Any] = {
    "type": "usage",
    "key_id": API_KEY["id"],
    "family_id": API_KEY["family_id"],
    "window": "day",
    "threshold_percent": 80,
    "limit": 5_000,
    "used": 4_000,
    "resets_at": at(hours=9),
}

_HEALTHY: dict[str, Any] = {
    "state": "healthy",
    "failing_since": None,
    "held_until": None,
    "consecutive_failures": 0,
    "last_success_at": at(minutes=-2),
    "last_failure": None,
    "pending": 0,
    "oldest_pending_at": None,
}
ENDPOINT: dict[str, Any] = {
    "id": sample_id("we"),
    "url": "https://hooks.acme-coffee.example/anthyx",
    "description": "Tells the newsroom.",
    "event_types": ["post.*"],
    "brand_ids": None,
    "headers": [],
    "rate_per_second": None,
    "max_in_flight": 8,
    "status": "enabled",
    "disabled_at": None,
    "disabled_reason": None,
    "mode": "live",
    "metadata": {},
    "secret_last4": "h8Lw",
    "secret_activates_at": None,
    "health": _HEALTHY,
    "version": 1,
    "created_at": at(days=-30),
    "created_by": ANNA,
    "updated_at": at(days=-30),
}
DISABLED = {
    "status": "disabled",
    "disabled_at": NOW,
    "disabled_reason": "failing",
    "health": _HEALTHY
    | {
        "state": "disabled",
        "failing_since": at(days=-5),
        "consecutive_failures": 118,
        "last_success_at": at(days=-5, minutes=-3),
        "last_failure": {
            "at": at(seconds=-1),
            "delivery_id": sample_id("dlv"),
            "event_type": "post.published",
            "status_code": 503,
            "error_code": None,
        },
    },
}
