"""The application: its parts in the order in which a request meets them, one line each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flask import Flask

from anthyx_server import audit, brands, channels, events, keys, notices, openapi, posts, team
from anthyx_server.analytics.routes import blueprint as analytics_blueprint
from anthyx_server.audit.routes import blueprint as audit_blueprint
from anthyx_server.brands.routes import blueprint as brands_blueprint
from anthyx_server.channels.routes import blueprint as channels_blueprint
from anthyx_server.config import Settings
from anthyx_server.dashboard import guard_commit as guard_page_commit
from anthyx_server.dashboard import init_dashboard
from anthyx_server.db import committing, concluding, db, init_db
from anthyx_server.errors import init_errors
from anthyx_server.events.routes import blueprint as events_blueprint
from anthyx_server.http import caller_source, init_http
from anthyx_server.keys.leaked import blueprint as leaked_keys_blueprint
from anthyx_server.keys.pages import blueprint as key_pages
from anthyx_server.keys.routes import blueprint as keys_blueprint
from anthyx_server.limits import init_gate, init_limiter, limit_uncounted
from anthyx_server.limits.pages import blueprint as usage_pages_blueprint
from anthyx_server.limits.routes import blueprint as usage_blueprint
from anthyx_server.posts.pages import blueprint as post_pages_blueprint
from anthyx_server.posts.review_pages import blueprint as review_pages_blueprint
from anthyx_server.posts.review_routes import blueprint as post_reviews_blueprint
from anthyx_server.posts.routes import blueprint as posts_blueprint
from anthyx_server.redis_link import RedisLink
from anthyx_server.sealing import Keyring
from anthyx_server.webhooks import init_webhooks
from anthyx_server.webhooks.deliveries.endpoint_routes import (
    blueprint as webhook_endpoint_deliveries_blueprint,
)
from anthyx_server.webhooks.deliveries.routes import blueprint as webhook_deliveries_blueprint
from anthyx_server.webhooks.endpoints.routes import blueprint as webhook_endpoints_blueprint
from anthyx_server.webhooks.pages import blueprint as webhook_pages
from anthyx_server.workspaces.routes import blueprint as workspace_blueprint

if TYPE_CHECKING:
    from anthyx_server.metrics import Metrics

MAX_BODY_BYTES = 1_000_000

_MOUNTED = (
    openapi.blueprint,
    workspace_blueprint,
    usage_blueprint,
    keys_blueprint,
    leaked_keys_blueprint,
    audit_blueprint,
    events_blueprint,
    webhook_endpoint_deliveries_blueprint,
    webhook_deliveries_blueprint,
    brands_blueprint,
    channels_blueprint,
    posts_blueprint,
    post_reviews_blueprint,
    analytics_blueprint,
    webhook_endpoints_blueprint,
)
_PAGES = (
    key_pages,
    webhook_pages,
    *team.blueprints,
    usage_pages_blueprint,
    post_pages_blueprint,
    review_pages_blueprint,
)
# What a capability needs of one above it.
_HANDED_DOWN = {
    "anthyx_scopes": keys.SCOPES,
    "anthyx_look_again": keys.look_again,
    "anthyx_brand_lookup": brands.existing_ids,
    "anthyx_brand_hold": brands.hold_existing,
    "anthyx_brand_offer": brands.list_visible_names,
    "anthyx_brand_names": brands.names_of,
    "anthyx_brand_contents": (channels.count_in_brand, posts.count_in_brand),
    "anthyx_media_lookup": posts.no_media,
}


class _Application(Flask):
    """Flask with views and hooks that are never coroutines, so that none needs to be looked at."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function as it is."""
        return func


def create_app(settings: Settings) -> Flask:
    """Build the WSGI application; opens no connection before it is needed."""
    app = _Application("anthyx_server", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.extensions |= _secrets(settings) | _HANDED_DOWN
    app.extensions["anthyx_redis"] = RedisLink(settings.redis_url)
    init_db(app, settings.database_url)
    init_errors(app)
    metrics = None if settings.metrics_bind is None else _meter(app, settings)
    init_http(app, settings)
    init_gate(app, settings, None if metrics is None else metrics.timing_gate)
    events.init_waiting(app, settings.web_threads)
    init_webhooks(app, settings)
    notices.init_notices(app, settings)
    init_dashboard(app, settings)
    limiter = init_limiter(app, settings.redis_url)
    limiter.limit("10 per minute", key_func=caller_source)(leaked_keys_blueprint)
    events.published.connect(notices.tell_event)
    committing.connect(keys.guard_commit)
    committing.connect(guard_page_commit)
    concluding.connect(audit.seal)

    for blueprint in _MOUNTED:
        app.register_blueprint(blueprint, url_prefix="/v1")
    for blueprint in _PAGES:
        app.register_blueprint(blueprint)
    limit_uncounted(app, limiter, "events.list_events", "60 per minute")
    return app


def _secrets(settings: Settings) -> dict[str, Any]:
    return {
        "anthyx_secret_key": settings.secret_key.encode(),
        "anthyx_hasher": keys.Hasher(settings.key_peppers),
        "anthyx_keyring": Keyring({key.id: key.value for key in settings.encryption_keys}),
        "anthyx_audit_keys": audit.ChainKeys(settings.encryption_keys),
    }


def _meter(app: Flask, settings: Settings) -> Metrics:
    """Count and time; what that takes is not even imported where nobody asked for it."""
    from anthyx_server.metering import init_metering  # noqa: PLC0415
    from anthyx_server.metrics import Metrics  # noqa: PLC0415

    metrics = app.extensions["anthyx_metrics"] = Metrics(settings.metrics_dir)
    init_metering(app, metrics)
    return metrics


@contextmanager
def opened(settings: Settings) -> Iterator[Flask]:
    """An application in its context, for one command; its connections are closed in the end.

    It counts nothing: only processes that go on working are counted in metrics.
    """
    app = create_app(replace(settings, metrics_bind=None))
    with app.app_context():
        engine = db.engine
    try:
        with app.app_context():
            yield app
    finally:
        app.extensions["anthyx_reader"].close()
        engine.dispose()
        app.extensions["anthyx_redis"].close()
