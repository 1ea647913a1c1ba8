"""Turning off endpoints that have failed for too long, or said that they are gone."""

from __future__ import annotations

from flask import Flask

from anthyx_server.db import db, transaction
from anthyx_server.tenancy import locked, owned, system_caller
from anthyx_server.webhooks import disabling
from anthyx_server.webhooks.engine.results import Owner, Recorded
from anthyx_server.webhooks.models import WebhookEndpoint


class TurningOff:
    """Which endpoints are still to be turned off, and why; for one thread."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._waiting: dict[str, tuple[Owner, str]] = {}

    def take(self, recorded: Recorded) -> None:
        """Note what results say."""
        for endpoint_id, owner in recorded.hopeless.items():
            self._waiting[endpoint_id] = owner, disabling.FAILING
        for endpoint_id, owner in recorded.gone.items():
            self._waiting[endpoint_id] = owner, disabling.GONE

    def turn_off(self) -> None:
        """Turn them off, each in a transaction of its own.

        Raises:
            SQLAlchemyError: the database failed; it may be tried again.
        """
        while self._waiting:
            endpoint_id, (owner, reason) = next(iter(self._waiting.items()))
            with self._app.app_context(), transaction():
                caller = system_caller(*owner)
                query = owned(WebhookEndpoint, caller).where(WebhookEndpoint.id == endpoint_id)
                endpoint = db.session.scalar(locked(query))
                if endpoint is not None and endpoint.deleted_at is None:
                    disabling.disable(caller, endpoint, reason)
            del self._waiting[endpoint_id]
