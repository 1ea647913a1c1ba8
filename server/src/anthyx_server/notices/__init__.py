"""Notices: what people must hear of, written in the transaction of what it tells, then mailed."""

from __future__ import annotations

from flask import Flask

from anthyx_server.config import Settings
from anthyx_server.notices.delivery import Outage, greet
from anthyx_server.notices.happenings import tell_event, tell_failing_endpoint, tell_sign_in
from anthyx_server.notices.links import tell_invite, tell_reset
from anthyx_server.notices.models import Mail, Notice
from anthyx_server.notices.service import (
    count_by_encryption_key,
    is_mailed,
    list_recent,
    page_url,
)

__all__ = [
    "Mail",
    "Notice",
    "Outage",
    "count_by_encryption_key",
    "greet",
    "init_notices",
    "is_mailed",
    "list_recent",
    "page_url",
    "tell_event",
    "tell_failing_endpoint",
    "tell_invite",
    "tell_reset",
    "tell_sign_in",
]


def init_notices(app: Flask, settings: Settings) -> None:
    """Give the application what mail needs."""
    app.extensions["anthyx_mail"] = settings.mail
