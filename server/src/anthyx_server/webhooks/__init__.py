"""Webhooks: every event reaches every endpoint that subscribed to it, or is on record as dead."""

from __future__ import annotations

from flask import Flask

from anthyx_server.config import Settings
from anthyx_server.webhooks.models import WebhookEndpoint

__all__ = ["WebhookEndpoint", "init_webhooks"]


def init_webhooks(app: Flask, settings: Settings) -> None:
    """Tell the application what its operator said of webhooks."""
    app.extensions["anthyx_webhook_settings"] = settings.webhooks
