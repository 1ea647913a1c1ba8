"""The application: its parts in the order in which a request meets them, one line each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask

from anthyx_server import brands, keys, openapi
from anthyx_server.analytics.routes import blueprint as analytics_blueprint
from anthyx_server.brands.routes import blueprint as brands_blueprint
from anthyx_server.config import Settings
from anthyx_server.db import committing, db, init_db
from anthyx_server.errors import init_errors
from anthyx_server.http import caller_source, init_http
from anthyx_server.keys.leaked import blueprint as leaked_keys_blueprint
from anthyx_server.keys.routes import blueprint as keys_blueprint
from anthyx_server.limits import init_gate, init_limiter
from anthyx_server.limits.routes import blueprint as usage_blueprint
from anthyx_server.redis_link import RedisLink
from anthyx_server.workspaces.routes import blueprint as workspace_blueprint

MAX_BODY_BYTES = 1_000_000


class _Application(Flask):
    """Flask with views and hooks that are never coroutines, so that none needs to be looked at."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function as it is."""
        return func


def create_app(settings: Settings) -> Flask:
    """Build the WSGI application; opens no connection before it is needed."""
    app = _Application("anthyx_server", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.extensions["anthyx_secret_key"] = settings.secret_key.encode()
    app.extensions["anthyx_redis"] = RedisLink(settings.redis_url)
    app.extensions["anthyx_hasher"] = keys.Hasher(settings.key_peppers)
    app.extensions["anthyx_brand_lookup"] = brands.existing_ids
    init_db(app, settings.database_url)
    init_errors(app)
    init_http(app, settings)
    init_gate(app, settings)
    limiter = init_limiter(app, settings.redis_url)
    limiter.limit("10 per minute", key_func=caller_source)(leaked_keys_blueprint)
    committing.connect(keys.guard_commit)

    app.register_blueprint(openapi.blueprint, url_prefix="/v1")
    app.register_blueprint(workspace_blueprint, url_prefix="/v1")
    app.register_blueprint(usage_blueprint, url_prefix="/v1")
    app.register_blueprint(keys_blueprint, url_prefix="/v1")
    app.register_blueprint(leaked_keys_blueprint, url_prefix="/v1")
    app.register_blueprint(brands_blueprint, url_prefix="/v1")
    app.register_blueprint(analytics_blueprint, url_prefix="/v1")
    return app


@contextmanager
def opened(settings: Settings) -> Iterator[Flask]:
    """An application in its context, for one command; its connections are closed in the end."""
    app = create_app(settings)
    with app.app_context():
        engine = db.engine
    try:
        with app.app_context():
            yield app
    finally:
        app.extensions["anthyx_reader"].close()
        engine.dispose()
        app.extensions["anthyx_redis"].close()
