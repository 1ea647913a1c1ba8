"""What the worker does for deliveries: recoveries, sums for statistics, forgetting."""

from __future__ import annotations

from datetime import timedelta

from flask import current_app

from anthyx_server import clock
from anthyx_server.queue import job
from anthyx_server.webhook_settings import WebhookSettings
from anthyx_server.webhooks.deliveries import recovering, retention, rollup

_MOST_STEPS = 200


@job(every_seconds=1)
def advance_recoveries() -> None:
    """Take the next step of every recovery that is not finished."""
    for recovery_id in recovering.unfinished():
        recovering.step(recovery_id)


@job(every_seconds=10)
def sum_attempts() -> None:
    """Add the attempts since the last run to the sums of their hours."""
    for _ in range(_MOST_STEPS):
        if not rollup.step():
            return


@job(every_seconds=60)
def forget_old_deliveries() -> None:
    """Delete what the operator keeps no longer."""
    settings: WebhookSettings = current_app.extensions["anthyx_webhook_settings"]
    retention.forget(clock.now() - timedelta(days=settings.retention_days))
