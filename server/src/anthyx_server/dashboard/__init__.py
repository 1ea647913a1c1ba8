"""The pages' common ground: sign-in, sessions, forms, and how a page looks."""

from __future__ import annotations

from flask import Flask

from anthyx_server.config import Settings
from anthyx_server.dashboard import forms
from anthyx_server.dashboard.account import blueprint as account_blueprint
from anthyx_server.dashboard.audit_pages import blueprint as audit_blueprint
from anthyx_server.dashboard.charts import Bucket, draw
from anthyx_server.dashboard.confirmation import blueprint as confirmation_blueprint
from anthyx_server.dashboard.errors import PageError, PageForbidden, PageNotFound
from anthyx_server.dashboard.filters import Given, given_filters
from anthyx_server.dashboard.guard import Answer, guard_commit, is_guarded, page
from anthyx_server.dashboard.links import blueprint as links_blueprint
from anthyx_server.dashboard.rendering import (
    download,
    init_rendering,
    moment,
    new_blueprint,
    render,
)
from anthyx_server.dashboard.second_factor import count_by_encryption_key, turn_off
from anthyx_server.dashboard.second_factor_pages import blueprint as second_factor_blueprint
from anthyx_server.dashboard.sessions import Visitor, end_sessions
from anthyx_server.dashboard.sign_in import blueprint as sign_in_blueprint
from anthyx_server.dashboard.throttle import LocalTries
from anthyx_server.workspaces import rights_changed

__all__ = [
    "Answer",
    "Bucket",
    "Given",
    "PageError",
    "PageForbidden",
    "PageNotFound",
    "Visitor",
    "count_by_encryption_key",
    "download",
    "draw",
    "end_sessions",
    "forms",
    "given_filters",
    "guard_commit",
    "init_dashboard",
    "is_guarded",
    "moment",
    "new_blueprint",
    "page",
    "render",
    "turn_off",
]

_MOUNTED = (
    sign_in_blueprint,
    confirmation_blueprint,
    links_blueprint,
    account_blueprint,
    second_factor_blueprint,
    audit_blueprint,
)


def init_dashboard(app: Flask, settings: Settings) -> None:
    """Serve the pages that everybody meets; the application mounts those of capabilities."""
    app.extensions["anthyx_public_url"] = settings.public_url
    app.extensions["anthyx_tries"] = LocalTries()
    init_rendering(app)
    for blueprint in _MOUNTED:
        app.register_blueprint(blueprint)
    rights_changed.connect(end_sessions)
