"""Webhooks: every event reaches every endpoint that subscribed to it, or is on record as dead."""

from __future__ import annotations

from flask import Flask

from anthyx_server import keys
from anthyx_server.config import Settings
from anthyx_server.webhooks.endpoints.lookup import count_all, count_by_encryption_key
from anthyx_server.webhooks.endpoints.losses import (
    distrust_leaked_key,
    forget_brand,
    turn_off_all,
)
from anthyx_server.webhooks.fan_out import waits_for, write
from anthyx_server.webhooks.models import WebhookEndpoint
from anthyx_server.webhooks.sending.destination import policy_of
from anthyx_server.webhooks.waking import Alarm, Waker, wake_failed

__all__ = [
    "WebhookEndpoint",
    "count_all",
    "count_by_encryption_key",
    "forget_brand",
    "init_webhooks",
    "turn_off_all",
    "wake_failed",
]


def init_webhooks(app: Flask, settings: Settings) -> None:
    """Give the application what webhooks need, and have its events fanned out and kept."""
    app.extensions["anthyx_webhook_settings"] = settings.webhooks
    app.extensions["anthyx_webhook_policy"] = policy_of(settings.webhooks, settings.public_url)
    app.extensions["anthyx_alarm"] = Alarm()
    app.extensions["anthyx_waker"] = Waker(app.extensions["anthyx_redis"])
    app.extensions["anthyx_event_writer"] = write
    app.extensions["anthyx_event_use"] = waits_for
    keys.revoked.connect(distrust_leaked_key)
