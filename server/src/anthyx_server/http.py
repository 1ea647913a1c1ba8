"""What wraps every request: HTTPS, request ids, security headers, health."""

from __future__ import annotations

import logging
import re
import secrets
from urllib.parse import quote

from flask import Blueprint, Flask, Request, Response, current_app, g, request
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.routing import BaseConverter

from anthyx_server import db as database
from anthyx_server import logs
from anthyx_server.addresses import origin, source
from anthyx_server.clock import monotonic
from anthyx_server.config import Settings
from anthyx_server.errors import BadRequest, Unavailable
from anthyx_server.ids import PATTERN
from anthyx_server.redis_link import RedisLink, RedisUnavailableError

_REQUEST_ID = re.compile(r"[!-~]{1,128}")
# The absolute form of a request's target (RFC 9112, 3.2.2) up to its path.
_SERVER = re.compile(r"https?://[^/?#]*", re.IGNORECASE)
_IN_TARGETS = "!#$%&'()*+,/:;=?@[]~"
_HSTS = "max-age=31536000; includeSubDomains"

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

log = logging.getLogger(__name__)
blueprint = Blueprint("health", __name__)


class ApiRequest(Request):
    """A request whose broken body is a problem document too."""

    def get_data(self, *args: object, **kwargs: object) -> bytes:  # type: ignore[override]
        """The body.

        Raises:
            BadRequest: the client sent less than it announced.
            RequestEntityTooLarge: it sent more than is allowed.
        """
        try:
            data: bytes = super().get_data(*args, **kwargs)  # type: ignore[call-overload]
            # A body of unknown length is cut where it becomes too long: is there more of it?
            is_cut = self.content_length is None and len(data) == self.max_content_length
            if is_cut and self.environ["wsgi.input"].read(1):
                raise RequestEntityTooLarge
        except ClientDisconnected:
            raise BadRequest("The body ended before Content-Length said it would.") from None
        return data


class IdConverter(BaseConverter):
    """What stands for a variable of a path: an id.

    Nothing else is looked for (PostgreSQL takes no U+0000), nor taken for one: `/current`.
    """

    regex = f"[a-z]+_{PATTERN}"


def init_http(app: Flask, settings: Settings) -> None:
    """Register the outermost hooks; must be called before any other hook is registered."""
    app.request_class = ApiRequest
    # Two slashes are no path of ours; werkzeug would redirect to whatever Host says.
    app.url_map.merge_slashes = False
    app.url_map.converters["default"] = IdConverter
    public_url = settings.public_url
    proxies, hops = settings.trusted_proxies, settings.trusted_proxy_hops
    require_https = settings.require_https
    always = [("X-Content-Type-Options", "nosniff")]
    if require_https:
        always.append(("Strict-Transport-Security", _HSTS))

    def on_request() -> Response | None:
        g.started_at = monotonic()
        environ = request.environ
        given = environ.get("HTTP_X_REQUEST_ID", "")
        g.request_id = given if _REQUEST_ID.fullmatch(given) else f"req_{secrets.token_hex(12)}"
        g.origin = origin(environ, proxies, hops)
        if require_https and not g.origin.is_https and request.endpoint not in _PLAIN:
            return _redirect(public_url)
        return None

    def on_response(response: Response) -> Response:
        added = [("X-Request-Id", g.request_id), *always]
        # Not `in headers`, which raises and catches an exception to tell.
        if "Cache-Control" not in response.headers.keys():  # noqa: SIM118
            added.append(("Cache-Control", "private, no-cache"))
        response.headers.extend(added)
        if log.isEnabledFor(logging.INFO):
            asked: Request = request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
            if asked.endpoint not in _PLAIN:
                _log_request(asked, response.status_code)
        return response

    app.before_request(on_request)
    app.after_request(on_response)
    app.register_blueprint(blueprint)


def _log_request(asked: Request, status: int) -> None:
    """One line; the route stands for the path, in which a client may have put anything."""
    rule, method = asked.url_rule, asked.method
    if rule is None and method not in _METHODS:
        method = "(unknown)"
    here = g._get_current_object()  # noqa: SLF001  (one look for all that follows)
    logs.log_request(
        log,
        method,
        "(no route)" if rule is None else rule.rule,
        status,
        monotonic() - here.started_at,
        here.request_id,
        here.get("caller"),
    )


def caller_source() -> str:
    """Whom to count a caller by: the socket's other end where proxies did not tell who it is."""
    return source(g.origin.address or g.origin.peer or "unknown")


def _redirect(public_url: str) -> Response:
    """301 to the same path and query on the public URL; the request is not looked at."""
    environ = request.environ
    target = environ.get("RAW_URI") or environ.get("REQUEST_URI") or request.full_path
    absolute = _SERVER.match(target)
    target = quote(target[absolute.end() :] if absolute else target, _IN_TARGETS, "latin-1")
    slash = "" if target.startswith("/") else "/"
    # `//elsewhere` can't leave the host: the public URL always stands before it.
    location = f"{public_url}{slash}{target}"
    return Response(status=301, headers={"Cache-Control": "no-store", "Location": location})


@blueprint.get("/healthz", provide_automatic_options=False)
def get_health() -> dict[str, str]:
    """The process is up."""
    return {"status": "ok"}


@blueprint.get("/readyz", provide_automatic_options=False)
def get_readiness() -> dict[str, str]:
    """The database answers; a missing Redis is only reported."""
    try:
        database.read_only()
        database.db.session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        raise Unavailable("The database does not answer.") from None
    link: RedisLink = current_app.extensions["anthyx_redis"]
    try:
        link.call("PING")
    except RedisUnavailableError:
        return {"status": "ok", "database": "ok", "redis": "degraded"}
    return {"status": "ok", "database": "ok", "redis": "ok"}


_PLAIN = {"health.get_health", "health.get_readiness"}
