"""Showing and rotating an endpoint's secret; each is on the audit log."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from anthyx_server import audit, clock
from anthyx_server.clock import rfc3339_or_none
from anthyx_server.db import db
from anthyx_server.keys import RotationInProgress
from anthyx_server.tenancy import Caller
from anthyx_server.webhooks.models import WebhookEndpoint
from anthyx_server.webhooks.secret import Secrets, is_rotating, new_secret, opened, seal


def reveal(caller: Caller, endpoint: WebhookEndpoint) -> dict[str, Any]:
    """The newest secret, and the one before it while that is valid too.

    Raises:
        Unavailable: they can't be opened.
    """
    found = opened(endpoint)
    _note(caller, "webhook_endpoint.secret_revealed", endpoint)
    return {
        "id": endpoint.id,
        "secret": found.secrets.next or found.secrets.current,
        "previous_secret": found.secrets.current if found.secrets.next else None,
        "secret_last4": endpoint.secret_last4,
        "secret_activates_at": rfc3339_or_none(found.holds_until),
    }


def rotate(caller: Caller, endpoint: WebhookEndpoint, overlap_seconds: int) -> str:
    """Give a locked endpoint a new secret; for so long the old one stays valid beside it.

    Raises:
        RotationInProgress: the rotation before lasts still.
        Unavailable: the old secret is still needed and can't be opened.
    """
    if is_rotating(endpoint):
        activates_at = rfc3339_or_none(endpoint.secret_activates_at)
        raise RotationInProgress(
            f"The secret was rotated already: two are valid until {activates_at}. "
            "Activate the new one first."
        )
    secret = new_secret()
    if overlap_seconds == 0:
        seal(endpoint, Secrets(secret))
        endpoint.secret_activates_at = None
    else:
        seal(endpoint, Secrets(opened(endpoint).secrets.current, secret))
        endpoint.secret_activates_at = clock.now() + timedelta(seconds=overlap_seconds)
    endpoint.bump()
    db.session.flush()
    _note(caller, "webhook_endpoint.secret_rotated", endpoint, overlap_seconds=overlap_seconds)
    return secret


def activate(caller: Caller, endpoint: WebhookEndpoint) -> None:
    """Let a locked endpoint's newest secret be its only one, now.

    Nothing happens where it is: the end of a rotation and this may meet.

    Raises:
        Unavailable: it can't be opened.
    """
    if not is_rotating(endpoint):
        return
    end(endpoint)
    endpoint.bump()
    db.session.flush()
    _note(caller, "webhook_endpoint.secret_activated", endpoint)


def end(endpoint: WebhookEndpoint) -> None:
    """Forget the older secret of a locked endpoint.

    Raises:
        Unavailable: the newer one can't be opened.
    """
    found = opened(endpoint).secrets
    seal(endpoint, Secrets(found.next or found.current))
    endpoint.secret_activates_at = None


def _note(caller: Caller, action: str, endpoint: WebhookEndpoint, **detail: Any) -> None:
    audit.record(caller, action, "webhook_endpoint", endpoint.id, url=endpoint.url, **detail)
