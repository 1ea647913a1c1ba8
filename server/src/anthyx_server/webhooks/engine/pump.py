"""The pump: a thread that keeps the books and one that sends, beside the worker's own loop."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from flask import Flask

from anthyx_server.db import db
from anthyx_server.webhook_settings import WebhookSettings
from anthyx_server.webhooks.engine.bookkeeper import Bookkeeper
from anthyx_server.webhooks.engine.claims import Claims
from anthyx_server.webhooks.engine.dispatcher import Dispatcher
from anthyx_server.webhooks.engine.requests import Requests
from anthyx_server.webhooks.engine.results import Results
from anthyx_server.webhooks.engine.store import open_engine
from anthyx_server.webhooks.engine.sweeper import Sweeper
from anthyx_server.webhooks.engine.telling import Telling
from anthyx_server.webhooks.engine.turning_off import TurningOff
from anthyx_server.webhooks.sending.destination import Policy
from anthyx_server.webhooks.sending.sender import Sender

if TYPE_CHECKING:
    from anthyx_server.webhooks.waking import Alarm

# A process that is asked to end has 15 s; what is under way gets most of them.
_MOST_STOP_SECONDS = 9.0
_CLOSE_SECONDS = 2.0


class Pump:
    """Delivers what is due, until it is stopped. Several processes may run one each."""

    def __init__(self, app: Flask) -> None:
        settings: WebhookSettings = app.extensions["anthyx_webhook_settings"]
        policy: Policy = app.extensions["anthyx_webhook_policy"]
        self._alarm: Alarm = app.extensions["anthyx_alarm"]
        self._timeout = settings.timeout_seconds
        with app.app_context():
            self._engine = open_engine(db.engine.url.render_as_string(hide_password=False))
        telling = Telling(app.extensions.get("anthyx_metrics"))
        results = Results(self._engine, settings)
        parts = (
            Claims(self._engine, settings),
            results,
            Requests(self._engine, app.extensions["anthyx_keyring"]),
            Sweeper(self._engine, settings, results, telling),
        )
        self._books = Bookkeeper(self._engine, parts, TurningOff(app), telling)
        self._dispatcher = Dispatcher(
            lambda: Sender(settings, policy.denied_hosts),
            self._books.ring,
            settings.lease_seconds - settings.timeout_seconds,
        )
        self._thread = threading.Thread(
            target=self._books.run, args=(self._dispatcher,), name="webhooks-books", daemon=True
        )

    def start(self) -> None:
        """Begin to deliver."""
        self._dispatcher.start()
        self._thread.start()
        self._alarm.register(self._books.alarm)

    def stop(self) -> None:
        """Claim nothing more, wait for what is under way, put it on record, give the rest back.

        What takes too long is on record as interrupted, and is sent again.
        """
        self._alarm.unregister(self._books.alarm)
        self._books.stop()
        self._thread.join()
        self._dispatcher.stop(min(self._timeout, _MOST_STOP_SECONDS))
        self._books.close(self._dispatcher, _CLOSE_SECONDS)
        self._engine.dispose()
