"""How pages look and what browsers may do with them: templates, times, security headers."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Flask, g, render_template, request
from markupsafe import Markup
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.wrappers import Response

from anthyx_server import clock
from anthyx_server.dashboard import cookies
from anthyx_server.dashboard.errors import PageError, PageNotFound
from anthyx_server.dashboard.guard import form_token
from anthyx_server.dashboard.sessions import Visitor
from anthyx_server.errors import ApiError, problem_response
from anthyx_server.errors import NotFound as ApiNotFound
from anthyx_server.workspaces import may

# Nothing from elsewhere, nothing inline, in nobody's frame.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # What a page shows of a customer stays in no cache, the browser's own included.
    "Cache-Control": "no-store",
}
_KEPT_FOR_GOOD = "public, max-age=31536000, immutable"
_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}

blueprint = Blueprint("dashboard", __name__, template_folder="templates")


def _read_assets() -> dict[str, tuple[str, bytes]]:
    """The files that pages load, by name, each with a digest that is part of its address."""
    folder = resources.files(__package__ or "").joinpath("static")
    assets: dict[str, tuple[str, bytes]] = {}
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        if file.name.rpartition(".")[2] in _TYPES:
            content = file.read_bytes()
            assets[file.name] = hashlib.sha256(content).hexdigest()[:16], content
    return assets


_assets = _read_assets()


@blueprint.get("/static/<string:digest>/<string:name>", provide_automatic_options=False)
def get_asset(digest: str, name: str) -> Response:
    """A style sheet or a script; its address changes with its content."""
    found = _assets.get(name)
    if found is None or found[0] != digest:
        raise NotFound
    content_type = _TYPES[name.rpartition(".")[2]]
    headers = {"Cache-Control": _KEPT_FOR_GOOD, "X-Content-Type-Options": "nosniff"}
    return Response(found[1], content_type=f"{content_type}; charset=utf-8", headers=headers)


def asset_url(name: str) -> str:
    """Where a file of `static` is."""
    return f"/static/{_assets[name][0]}/{name}"


def render(
    template: str, status: int = 200, *, session_token: str | None = None, **values: Any
) -> Response:
    """A page; `visitor` and the means of `base.html` are there in every template.

    `session_token` is what its forms are bound to, if not to the request's cookie.
    """
    visitor: Visitor | None = g.get("visitor")
    text = render_template(
        template,
        visitor=visitor,
        form_token=form_token(session_token or cookies.session_token() or ""),
        form_id=secrets.token_hex(16),
        may=lambda permission: visitor is not None and may(visitor.member, permission),
        **values,
    )
    return Response(text, status, _HEADERS, content_type="text/html; charset=utf-8")


def download(response: Response, name: str) -> Response:
    """A file to keep, of what a page shows: under its name, and in no cache either."""
    response.headers.update(_HEADERS)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def moment(value: datetime | str | None, text: str | None = None) -> Markup:
    """A time in the workspace's time zone, or the text that names it there, in UTC on hover."""
    if value is None:
        return Markup('<span class="none">never</span>')
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    visitor: Visitor | None = g.get("visitor")
    zone = ZoneInfo(visitor.workspace.timezone if visitor is not None else "UTC")
    utc, shown = at.astimezone(UTC), at.astimezone(zone)
    return Markup('<time datetime="{}" title="{} UTC">{}</time>').format(
        clock.rfc3339(at),
        f"{utc:%Y-%m-%d %H:%M:%S}",
        text or f"{shown:%b} {shown.day}, {shown:%Y %H:%M}",
    )


def init_rendering(app: Flask) -> None:
    """Register the files, the filters, and how pages tell errors."""
    app.jinja_env.filters["moment"] = moment
    app.jinja_env.globals["asset_url"] = asset_url
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.register_blueprint(blueprint)
    app.register_error_handler(PageError, _show_error)
    app.register_error_handler(404, _show_not_found)


def new_blueprint(name: str, import_name: str) -> Blueprint:
    """A blueprint of pages, with templates beside it; what services refuse is shown as a page."""
    made = Blueprint(name, import_name, template_folder="templates")
    made.register_error_handler(ApiError, _show_api_error)
    return made


def _show_error(error: PageError) -> Response:
    return render("dashboard/error.html", error.status, title=error.title, text=error.text)


def _show_api_error(error: ApiError) -> Response:
    return render("dashboard/error.html", error.status, title=error.title, text=error.detail)


def _show_not_found(_: HTTPException) -> Response:
    text = "There is nothing at this path."
    # Programs that mistook the address are told as the API tells them.
    if request.path.startswith("/v1/") or "text/html" not in request.headers.get("Accept", ""):
        return problem_response(ApiNotFound(text))
    return _show_error(PageNotFound(text))
