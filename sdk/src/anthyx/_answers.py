"""Reads answers: metadata, decoded JSON, and the error that a reply stands for. Does no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from ._json import JSON, decode, parse_time
from ._models import AnyModel, DecodeError, decode_model
from ._rate_limit import parse_rate_limit
from ._redact import redact
from ._response import APIResponse, ResponseInfo
from ._wire import Reply
from .errors import (
    APIError,
    APIResponseError,
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    ErrorDetail,
    NotFoundError,
    PermissionDeniedError,
    PreconditionFailedError,
    Problem,
    RateLimitError,
    ServerError,
    ValidationError,
)

_CLASSES: dict[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    412: PreconditionFailedError,
    422: ValidationError,
    429: RateLimitError,
}
_SUCCESS, _REDIRECTION = 2, 3  # hundreds
_SHOWN_ERRORS = 3


def describe(reply: Reply) -> ResponseInfo:
    """The metadata of a reply."""
    headers = reply.headers
    return ResponseInfo(
        status=reply.status,
        request_id=headers.get("x-request-id"),
        etag=headers.get("etag"),
        rate_limit=parse_rate_limit(headers, reply.received_at),
        headers=headers,
    )


def read(reply: Reply, info: ResponseInfo) -> APIResponse | APIError:
    """The answer in a reply, or the error to raise for it."""
    status = reply.status
    if status // 100 == _REDIRECTION and status != HTTPStatus.NOT_MODIFIED:
        return _foreign(info, "a redirect, which is not followed: it would turn a POST into a GET")
    if status == HTTPStatus.NOT_MODIFIED or (status // 100 == _SUCCESS and not reply.body):
        return APIResponse(None, info)
    kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind and kind != "application/json" and not kind.endswith("+json"):
        return _foreign(info, f"{redact(kind)[:80]} instead of JSON")
    try:
        data = decode(reply.body)
    except ValueError:
        return _foreign(info, "a body that is not JSON")
    if status // 100 == _SUCCESS:
        return APIResponse(data, info)
    if status < HTTPStatus.BAD_REQUEST or not isinstance(data, dict):
        return _foreign(info, "JSON that is not a problem document")
    return _refusal(data, info, reply.received_at)


def decode_answer(cls: type[AnyModel], answer: APIResponse) -> AnyModel:
    """The resource in an answer; raises APIResponseError if it has another shape."""
    try:
        return decode_model(cls, answer.data, response=answer.response)
    except DecodeError as error:
        raise foreign_shape(answer.response, error) from None


def decode_document(answer: APIResponse) -> dict[str, JSON]:
    """The JSON object in an answer; raises APIResponseError if it is something else."""
    if not isinstance(answer.data, dict):
        raise _foreign(answer.response, "JSON that is not an object")
    return answer.data


def foreign_shape(info: ResponseInfo, error: DecodeError) -> APIResponseError:
    """The error for JSON that is not what the API sends."""
    return _foreign(info, f"JSON of another shape: {error}")


def _foreign(info: ResponseInfo, what: str) -> APIResponseError:
    asked = retry_after(info, {}, None)
    problem = Problem(status=info.status, response=info, retry_after=asked)
    message = f"The answer is not the API's: status {info.status} and {what}. Is base_url right?"
    return APIResponseError(message, problem)


def _refusal(data: dict[str, JSON], info: ResponseInfo, received_at: float) -> APIStatusError:
    problem = Problem(
        status=info.status,
        code=_text(data, "code"),
        detail=_text(data, "detail"),
        errors=_details(data.get("errors")),
        document=data,
        response=info,
        retry_after=retry_after(info, data, received_at),
    )
    message = _message(problem, _text(data, "title"), info.request_id)
    cls = _CLASSES.get(
        info.status,
        ServerError if info.status >= HTTPStatus.INTERNAL_SERVER_ERROR else APIStatusError,
    )
    if cls is RateLimitError:
        return _rate_limit_error(message, problem, received_at)
    return cls(message, problem)


def _rate_limit_error(message: str, problem: Problem, received_at: float) -> RateLimitError:
    limit = problem.document.get("limit")
    return RateLimitError(
        message,
        problem,
        scope=_text(problem.document, "window"),
        limit=limit if isinstance(limit, int) else None,
        retry_at=_retry_at(problem, received_at),
    )


def _retry_at(problem: Problem, received_at: float) -> datetime | None:
    try:
        return parse_time(problem.document.get("resets_at"))
    except ValueError:
        pass
    if problem.retry_after is None:
        return None
    try:
        return datetime.fromtimestamp(received_at, timezone.utc) + timedelta(
            seconds=problem.retry_after
        )
    except OverflowError:
        return None


def retry_after(
    info: ResponseInfo, document: Mapping[str, JSON], received_at: float | None
) -> float | None:
    """Seconds that an answer asks to wait; None if it doesn't.

    Args:
        info: the answer's metadata; Retry-After may be seconds or a date (RFC 9110, 10.2.3).
        document: the problem document, which may say it too.
        received_at: Unix seconds, for a date in an answer that has no Date header.
    """
    header = info.headers.get("retry-after", "").strip()
    if header.isascii() and header.isdigit():
        return float(header)
    if header:
        return _until(header, info.headers.get("date"), received_at)
    stated = document.get("retry_after")
    return float(stated) if isinstance(stated, (int, float)) and stated >= 0 else None


def _until(header: str, date: str | None, received_at: float | None) -> float | None:
    # Against the server's own clock where it shows one: ours may be wrong.
    try:
        now = parsedate_to_datetime(date).timestamp() if date else received_at
        then = parsedate_to_datetime(header).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
    return None if now is None else max(0.0, then - now)


def _message(problem: Problem, title: str | None, request_id: str | None) -> str:
    shown = "; ".join(str(each) for each in problem.errors[:_SHOWN_ERRORS])
    more = len(problem.errors) - _SHOWN_ERRORS
    text = problem.detail or title or f"The API answered {problem.status}."
    if shown:
        text += f" ({shown}{f'; and {more} more' if more > 0 else ''})"
    text += f" [{problem.status}{f' {problem.code}' if problem.code else ''}"
    return redact(f"{text}{f', request {request_id}' if request_id else ''}]")


def _details(value: JSON) -> tuple[ErrorDetail, ...]:
    entries = value if isinstance(value, list) else []
    names = ("code", "detail", "pointer", "parameter", "header")
    return tuple(
        ErrorDetail(*(_text(entry, name) for name in names))
        for entry in entries
        if isinstance(entry, dict)
    )


def _text(document: Mapping[str, JSON], name: str) -> str | None:
    value = document.get(name)
    return value if isinstance(value, str) else None
