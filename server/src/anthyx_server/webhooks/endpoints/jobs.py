"""What the worker does for endpoints: sealing anew, ending rotations, forgetting deleted ones."""

from __future__ import annotations

from datetime import timedelta

from flask import current_app
from sqlalchemy import delete, select

from anthyx_server import clock, notices
from anthyx_server.batches import act_in_batches, is_sealed_before
from anthyx_server.db import db, transaction
from anthyx_server.queue import job
from anthyx_server.sealing import keyring
from anthyx_server.webhook_settings import WebhookSettings
from anthyx_server.webhooks.endpoints import rotation
from anthyx_server.webhooks.models import WebhookDelivery, WebhookEndpoint, WebhookQueue
from anthyx_server.webhooks.secret import open_endpoint, seal

_FAILING_FOR = timedelta(days=1)


@job(every_seconds=60)
def seal_secrets_anew() -> None:
    """Seal what is under an older encryption key under the current one.

    What can't be opened, because its key was dropped, is left as it is; versions stay, since
    nothing that is shown changes.
    """
    is_older = is_sealed_before(WebhookEndpoint.encryption_key_id)
    act_in_batches(WebhookEndpoint.id, is_older, _seal_anew)


def _seal_anew(endpoint: WebhookEndpoint) -> None:
    found = open_endpoint(keyring(), endpoint)
    if found is not None:
        # Whatever it may still be valid for; the secrets take the headers along.
        seal(endpoint, found.secrets)
        if found.secrets.next is None:
            endpoint.secret_activates_at = None


@job(every_seconds=60)
def end_rotations() -> None:
    """Forget old secrets whose time is over; they have not been used since."""
    is_over = WebhookEndpoint.secret_activates_at <= clock.now()
    act_in_batches(WebhookEndpoint.id, is_over, _end_rotation)


def _end_rotation(endpoint: WebhookEndpoint) -> None:
    if open_endpoint(keyring(), endpoint) is not None:
        rotation.end(endpoint)


@job(every_seconds=300)
def tell_failing_endpoints() -> None:
    """Tell people of endpoints that nothing has reached for a day, once each time it happens."""
    moment = clock.now()
    since = WebhookQueue.failing_since
    query = (
        select(WebhookEndpoint.workspace_id, WebhookEndpoint.id, WebhookEndpoint.url, since)
        .join(WebhookQueue, WebhookQueue.endpoint_id == WebhookEndpoint.id)
        .where(
            since <= moment - _FAILING_FOR,
            WebhookEndpoint.status == "enabled",
            WebhookEndpoint.deleted_at.is_(None),
        )
    )
    with transaction():
        for workspace_id, endpoint_id, url, failing_since in db.session.execute(query).all():
            if failing_since is not None:
                notices.tell_failing_endpoint(workspace_id, endpoint_id, url, failing_since)


@job(every_seconds=3_600)
def forget_deleted_endpoints() -> None:
    """Remove the rows of deleted endpoints once nothing on record is left of them."""
    settings: WebhookSettings = current_app.extensions["anthyx_webhook_settings"]
    kept_from = clock.now() - timedelta(days=settings.retention_days)
    left = select(WebhookDelivery.id).where(WebhookDelivery.endpoint_id == WebhookEndpoint.id)
    with transaction():
        db.session.execute(
            delete(WebhookEndpoint).where(WebhookEndpoint.deleted_at <= kept_from, ~left.exists())
        )
