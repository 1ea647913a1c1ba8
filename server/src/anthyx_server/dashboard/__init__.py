"""The pages' common ground: sign-in, sessions, forms, and how a page looks."""

from __future__ import annotations

from flask import Flask

from anthyx_server.config import Settings
from anthyx_server.dashboard import forms
from anthyx_server.dashboard.errors import PageError, PageForbidden, PageNotFound
from anthyx_server.dashboard.guard import Answer, guard_commit, is_guarded, page
from anthyx_server.dashboard.rendering import init_rendering, moment, new_blueprint, render
from anthyx_server.dashboard.sessions import Visitor, end_sessions
from anthyx_server.dashboard.sign_in import blueprint as sign_in_blueprint

__all__ = [
    "Answer",
    "PageError",
    "PageForbidden",
    "PageNotFound",
    "Visitor",
    "end_sessions",
    "forms",
    "guard_commit",
    "init_dashboard",
    "is_guarded",
    "moment",
    "new_blueprint",
    "page",
    "render",
]


def init_dashboard(app: Flask, settings: Settings) -> None:
    """Serve the pages that everybody meets; the application mounts those of capabilities."""
    app.extensions["anthyx_public_url"] = settings.public_url
    init_rendering(app)
    app.register_blueprint(sign_in_blueprint)
