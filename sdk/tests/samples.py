"""Answers of the API in the shapes of its contract."""

from __future__ import annotations

from typing import Any

TIME = "2026-11-23T10:00:00.000Z"


def brand(**changes: Any) -> dict[str, Any]:
    """A brand."""
    return {
        "id": "brand_1",
        "name": "Acme",
        "slug": "acme",
        "description": "",
        "website_url": None,
        "logo_url": None,
        "colors": [{"name": "Red", "hex": "#ff0000"}],
        "voice": {
            "tone": "warm",
            "guidelines": "",
            "audience": "",
            "words_to_use": ["yes"],
            "words_to_avoid": [],
        },
        "timezone": "Europe/Berlin",
        "status": "active",
        "metadata": {"crm": "7"},
        "version": 3,
        "created_at": TIME,
        "updated_at": TIME,
        "archived_at": None,
        **changes,
    }


def channel(**changes: Any) -> dict[str, Any]:
    """A channel."""
    return {
        "id": "chan_1",
        "brand_id": "brand_1",
        "platform": "linkedin",
        "name": "Acme",
        "external_id": "urn:li:organization:7",
        "status": "connected",
        "status_detail": None,
        "version": 2,
        "created_at": TIME,
        "updated_at": TIME,
        **changes,
    }


def platforms(**changes: Any) -> dict[str, Any]:
    """A list of one platform."""
    format_ = {
        "format": "thread",
        "min_parts": 2,
        "max_parts": 25,
        "min_media": 0,
        "max_media": 4,
        "media": [{"kind": "image", "max": 4}],
        "max_bytes": None,
    }
    platform = {
        "platform": "x",
        "max_length": 280,
        "length_unit": "x_weighted",
        "max_days_ahead": None,
        "formats": [format_],
    }
    return {"data": [platform], "has_more": False, "next_cursor": None, **changes}


def api_key(**changes: Any) -> dict[str, Any]:
    """An API key without its secret."""
    return {
        "id": "key_1",
        "family_id": "key_1",
        "name": "CI",
        "description": "",
        "prefix": "anthyx_test_",
        "last4": "aB3d",
        "mode": "test",
        "scopes": ["brands:read", "brands:write"],
        "brand_ids": None,
        "ip_allowlist": ["10.0.0.0/8"],
        "metadata": {},
        "version": 1,
        "created_at": TIME,
        "created_by": {"type": "user", "id": "usr_1", "name": "Ada"},
        "updated_at": TIME,
        "expires_at": TIME,
        "last_used_at": None,
        "last_used_ip": None,
        "rotated_from": None,
        "superseded_by": None,
        "revoked_at": None,
        "revoked_by": None,
        "revoked_reason": None,
        "status": "expiring",
        **changes,
    }


def event(**changes: Any) -> dict[str, Any]:
    """An event about a brand."""
    return {
        "id": "evt_1",
        "type": "brand.updated",
        "api_version": "2026-11-01",
        "created_at": TIME,
        "workspace_id": "ws_1",
        "brand_id": "brand_1",
        "mode": "live",
        "actor": {"type": "api_key", "id": "key_1", "name": "CI"},
        "request": {"id": "req_1", "idempotency_key": None},
        "subject": {"type": "brand", "id": "brand_1"},
        "data": {"object": brand(), "previous": {"name": "Acme Inc"}, "truncated": False},
        **changes,
    }


def post(**changes: Any) -> dict[str, Any]:
    """A draft for one channel."""
    return {
        "id": "post_1",
        "brand_id": "brand_1",
        "campaign": None,
        "content": "Fresh bread",
        "format": "thread",
        "thread": [{"content": "a", "media": []}],
        "media": [],
        "targets": [
            {
                "channel_id": "chan_1",
                "platform": "x",
                "content_override": None,
                "state": "pending",
                "external_id": None,
                "external_url": None,
                "published_at": None,
                "attempts": 0,
                "error": None,
            }
        ],
        "state": "draft",
        "review": {"status": "pending", "by": None, "at": None, "comment": None},
        "scheduled_at": TIME,
        "schedule_source": "explicit",
        "author": {"type": "user", "id": "usr_1", "name": "Ada"},
        "assignee": None,
        "notes": "",
        "tags": ["bread"],
        "metadata": {},
        "error": {"code": "c", "category": "auth", "message": "m", "retryable": True},
        "version": 7,
        "created_at": TIME,
        "updated_at": TIME,
        "approved_at": None,
        "published_at": None,
        **changes,
    }


def comment() -> dict[str, Any]:
    """A comment."""
    author = {"type": "user", "id": "usr_1", "name": "Ada"}
    return {"id": "cmt_1", "author": author, "text": "Nice", "created_at": TIME}


def history_entry() -> dict[str, Any]:
    """An entry of a post's history."""
    return {
        "id": "hist_1",
        "type": "post.updated",
        "actor": {"type": "user", "id": "usr_1", "name": "Ada"},
        "at": TIME,
        "changes": {"notes": {"from": "", "to": "x"}},
    }


def usage(**changes: Any) -> dict[str, Any]:
    """Usage of a fresh key: the day is open, the minute is not."""
    return {
        "plan": "starter",
        "windows": [
            {"name": "minute", "limit": 60, "used": 0, "remaining": 60, "resets_at": None},
            {"name": "day", "limit": 5000, "used": 4, "remaining": 4996, "resets_at": TIME},
        ],
        "api_keys": {"used": 2, "limit": 5},
        **changes,
    }


def usage_history(**changes: Any) -> dict[str, Any]:
    """One hour of usage."""
    return {
        "granularity": "hour",
        "key_id": None,
        "start": TIME,
        "end": "2026-11-23T11:00:00.000Z",
        "data": [{"start": TIME, "accepted": 60, "limited": 2}],
        **changes,
    }


def workspace(**changes: Any) -> dict[str, Any]:
    """A workspace on the Agency plan."""
    return {
        "id": "ws_1",
        "name": "Studio",
        "plan": "agency",
        "timezone": "UTC",
        "limits": {
            "requests_per_minute": 1000,
            "requests_per_day": None,
            "api_keys": None,
            "seats": None,
            "webhook_endpoints": 50,
        },
        "created_at": TIME,
        **changes,
    }


def audit_entry(**changes: Any) -> dict[str, Any]:
    """An entry of the audit log."""
    return {
        "id": "aud_1",
        "number": 7,
        "action": "api_key.created",
        "actor": {"type": "system", "id": None, "name": "anthyx-server"},
        "target": {"type": "api_key", "id": "key_1"},
        "detail": {"name": "CI"},
        "address": None,
        "request_id": "req_1",
        "created_at": TIME,
        "hash": "0a" * 32,
        **changes,
    }


METRICS = (
    "impressions",
    "reach",
    "views",
    "clicks",
    "reactions",
    "comments",
    "shares",
    "saves",
    "engagements",
    "engagement_rate",
    "followers",
    "follower_change",
    "posts_published",
)


def metrics(**changes: Any) -> dict[str, Any]:
    """Metrics of which only the published posts are known."""
    return {**dict.fromkeys(METRICS), "posts_published": 1, **changes}


def analytics_summary(**changes: Any) -> dict[str, Any]:
    """A summary of November."""
    nothing = {"value": None, "previous": None, "change_percent": None}
    return {
        "range": {"from": "2026-11-01", "to": "2026-11-30", "timezone": "Europe/Berlin"},
        "previous": {"from": "2026-10-02", "to": "2026-10-31"},
        "metrics": {
            **dict.fromkeys(METRICS, nothing),
            "posts_published": {"value": 3, "previous": 2, "change_percent": 50.0},
        },
        "coverage": {"channels": 2, "reporting": 0},
        "as_of": TIME,
        **changes,
    }


def analytics_timeseries(**changes: Any) -> dict[str, Any]:
    """One series of one day."""
    points = [{"date": "2026-11-01", "value": 3}]
    return {
        "range": {"from": "2026-11-01", "to": "2026-11-01", "timezone": "UTC"},
        "granularity": "day",
        "series": [{"group": None, "metric": "posts_published", "points": points}],
        "as_of": TIME,
        **changes,
    }


def published_post(**changes: Any) -> dict[str, Any]:
    """A published post with its metrics."""
    return {
        "post_id": "post_1",
        "brand_id": "brand_1",
        "published_at": TIME,
        "metrics": metrics(),
        **changes,
    }


def post_analytics(**changes: Any) -> dict[str, Any]:
    """The metrics of a post on one channel."""
    target = {"channel_id": "chan_1", "platform": "x", "metrics": metrics()}
    return {**published_post(), "targets": [target], "as_of": TIME, **changes}


def best_times(**changes: Any) -> dict[str, Any]:
    """One slot, by the averages."""
    return {
        "timezone": "UTC",
        "basis": "industry_average",
        "sample_size": 4,
        "threshold": 30,
        "slots": [{"weekday": 3, "hour": 10, "score": 1.0}],
        "as_of": TIME,
        **changes,
    }


def page(*items: object, next_cursor: str | None = None) -> dict[str, Any]:
    """A page of a list."""
    return {"data": list(items), "has_more": next_cursor is not None, "next_cursor": next_cursor}


def limit_headers(minute: tuple[int, int], day: tuple[int, int] | None = None) -> dict[str, str]:
    """The headers of a Starter key with (remaining, seconds left) of its windows."""
    policy, state = '"minute";q=60;w=60', f'"minute";r={minute[0]};t={minute[1]}'
    if day is not None:
        policy, state = f'{policy}, "day";q=5000;w=86400', f'{state}, "day";r={day[0]};t={day[1]}'
    return {
        "x-ratelimit-limit": "60",
        "x-ratelimit-remaining": str(minute[0]),
        "x-ratelimit-reset": "1790000060",
        "ratelimit-policy": policy,
        "ratelimit": state,
    }


def event_types(**changes: Any) -> dict[str, Any]:
    """A list of one type of events."""
    event_type = {
        "name": "brand.updated",
        "description": "Fields of a brand changed.",
        "schema": {"type": "object", "properties": {"type": {"const": "brand.updated"}}},
        "example": event(),
    }
    return {"data": [event_type], "has_more": False, "next_cursor": None, **changes}
