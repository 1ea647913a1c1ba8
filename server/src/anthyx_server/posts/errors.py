"""Errors about posts."""

from __future__ import annotations

from anthyx_server.errors import ApiError


class PostReadOnly(ApiError):
    """The post is published, so only its notes can change; `state` names its state."""

    status, code, title = 409, "post_read_only", "Post is read-only"


class ScheduledInPast(ApiError):
    """The post's time has passed, so it can't be approved for it."""

    status, code, title = 422, "scheduled_in_past", "Time has passed"


class VersionRequired(ApiError):
    """An approval must say which version was read."""

    status, code, title = 428, "version_required", "Version required"
