"""Webhooks: every event reaches every endpoint that subscribed to it, or is on record as dead."""

from __future__ import annotations

from flask import Flask

from anthyx_server import keys
from anthyx_server.config import Settings
from anthyx_server.keys import ApiKey
from anthyx_server.tenancy import Caller
from anthyx_server.webhooks.endpoints.lookup import count_by_encryption_key
from anthyx_server.webhooks.endpoints.losses import distrust_key, forget_brand
from anthyx_server.webhooks.models import WebhookEndpoint
from anthyx_server.webhooks.sending.destination import policy_of

__all__ = ["WebhookEndpoint", "count_by_encryption_key", "forget_brand", "init_webhooks"]


def init_webhooks(app: Flask, settings: Settings) -> None:
    """Tell the application what its operator said of webhooks, and hear what concerns them."""
    app.extensions["anthyx_webhook_settings"] = settings.webhooks
    policy = policy_of(settings.webhooks, settings.public_url)
    app.extensions["anthyx_webhook_policy"] = policy
    keys.revoked.connect(_on_revoked)


def _on_revoked(caller: Caller, *, key: ApiKey, reason: str) -> None:
    if reason == "leaked":
        distrust_key(caller, key.id)
