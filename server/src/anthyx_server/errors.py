"""Errors as RFC 9457 problem documents: one tree, one shape."""

from __future__ import annotations

import logging
from typing import Any, ClassVar

import orjson
from blinker import Signal
from flask import Flask, Response, g
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

log = logging.getLogger(__name__)

# Sent where the database did not answer a request.
database_failed = Signal()

ERROR_PAGES = "https://docs.useanthyx.com/errors/"


class ApiError(Exception):
    """Something the client is told as a problem document.

    Subclasses set `status`, `code` and `title`; `errors` lists single problems, `extra` holds
    further members of the document.
    """

    status: ClassVar[int]
    code: ClassVar[str]
    title: ClassVar[str]

    def __init__(
        self,
        detail: str,
        *,
        errors: list[dict[str, str]] | None = None,
        extra: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors or []
        self.extra = extra or {}
        self.headers = headers or {}

    def problem(self) -> dict[str, Any]:
        """The document, without the request's id."""
        return {
            "type": ERROR_PAGES + self.code,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "errors": self.errors,
            **self.extra,
        }


class BadRequest(ApiError):
    """The request can't be read."""

    status, code, title = 400, "bad_request", "Malformed request"


class InvalidJson(ApiError):
    """The body isn't JSON in UTF-8."""

    status, code, title = 400, "invalid_json", "Body is not valid JSON"


class InvalidCursor(ApiError):
    """The cursor was not made here, or for other filters."""

    status, code, title = 400, "invalid_cursor", "Cursor not recognized"


class NotFound(ApiError):
    """No such resource in this workspace and mode."""

    status, code, title = 404, "not_found", "Not found"


class MethodNotAllowed(ApiError):
    """The path exists, the method doesn't; `Allow` says which do."""

    status, code, title = 405, "method_not_allowed", "Method not allowed"


class InvalidState(ApiError):
    """The resource is in a state that doesn't allow this."""

    status, code, title = 409, "invalid_state", "Not possible in this state"


class PreconditionFailed(ApiError):
    """`If-Match` names another version."""

    status, code, title = 412, "precondition_failed", "Changed in the meantime"


class BodyTooLarge(ApiError):
    """The body is larger than the route takes."""

    status, code, title = 413, "body_too_large", "Body too large"


class UnsupportedMediaType(ApiError):
    """The body isn't declared as JSON."""

    status, code, title = 415, "unsupported_media_type", "Unsupported media type"


class ValidationFailed(ApiError):
    """Fields or parameters are wrong; `errors` names every one of them."""

    status, code, title = 422, "validation_failed", "Validation failed"


class InternalError(ApiError):
    """A defect of the server."""

    status, code, title = 500, "internal_error", "Internal error"

    def __init__(self) -> None:
        super().__init__(
            "The server failed to answer; the failure was recorded.", headers={"Retry-After": "1"}
        )


class Unavailable(ApiError):
    """Something the server stands on doesn't answer."""

    status, code, title = 503, "unavailable", "Temporarily unavailable"

    def __init__(self, detail: str = "Please try again shortly.") -> None:
        super().__init__(detail, headers={"Retry-After": "1"})


def problem_response(error: ApiError) -> Response:
    """The answer that tells an error; `g.problem` then holds its code."""
    g.problem = error.code
    document = error.problem() | {"request_id": g.get("request_id")}
    response = Response(
        orjson.dumps(document), status=error.status, content_type="application/problem+json"
    )
    response.headers.update(error.headers)
    response.headers["Cache-Control"] = "no-store"
    return response


def _from_http(error: HTTPException) -> ApiError:
    """What werkzeug raises while it routes and reads, in our words."""
    if error.code == 404:
        return NotFound("There is nothing at this path.")
    if error.code == 405:
        allowed = ", ".join(sorted(set(getattr(error, "valid_methods", None) or ())))
        return MethodNotAllowed(
            f"This path answers {allowed or 'no method'}.", headers={"Allow": allowed}
        )
    if error.code == 413:
        return BodyTooLarge("The body may have at most 1,000,000 bytes.")
    if error.code is not None and 400 <= error.code < 500:
        return BadRequest("The request could not be read.")
    return InternalError()


def init_errors(app: Flask) -> None:
    """Answer every exception with a problem document."""

    def on_api_error(error: ApiError) -> Response:
        return problem_response(error)

    def on_http_error(error: HTTPException) -> Response:
        return problem_response(_from_http(error))

    def on_database_error(error: DBAPIError | PoolTimeout) -> Response:
        if isinstance(error, OperationalError | PoolTimeout):
            database_failed.send()
            log.warning("database unavailable: %s", type(error).__name__)
            return problem_response(Unavailable())
        return on_defect(error)

    def on_defect(error: Exception) -> Response:
        # The traceback without the exception's text: SQL parameters may hold customers' data.
        log.error("unhandled %s", type(error).__name__, exc_info=_bare(error))
        return problem_response(InternalError())

    app.register_error_handler(ApiError, on_api_error)
    app.register_error_handler(HTTPException, on_http_error)
    app.register_error_handler(DBAPIError, on_database_error)
    app.register_error_handler(PoolTimeout, on_database_error)
    app.register_error_handler(Exception, on_defect)


def _bare(error: Exception) -> Exception:
    if not isinstance(error, DBAPIError):
        return error
    return RuntimeError(type(error.orig).__name__).with_traceback(error.__traceback__)
