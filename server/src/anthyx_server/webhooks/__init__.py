"""Webhooks: every event reaches every endpoint that subscribed to it, or is on record as dead."""

from __future__ import annotations

from flask import Flask

from anthyx_server.config import Settings
from anthyx_server.webhooks.fan_out import waits_for, write
from anthyx_server.webhooks.models import WebhookEndpoint
from anthyx_server.webhooks.waking import Alarm, Waker, wake_failed

__all__ = ["WebhookEndpoint", "init_webhooks", "wake_failed"]


def init_webhooks(app: Flask, settings: Settings) -> None:
    """Give the application what webhooks need, and have its events fanned out and kept."""
    app.extensions["anthyx_webhook_settings"] = settings.webhooks
    app.extensions["anthyx_alarm"] = Alarm()
    app.extensions["anthyx_waker"] = Waker(app.extensions["anthyx_redis"])
    app.extensions["anthyx_event_writer"] = write
    app.extensions["anthyx_event_use"] = waits_for
