"""Everything this package raises: one picklable tree, with what is known of the request.

    AnthyxError
    ├── ConfigurationError            the client can't be built as asked
    ├── WebhookVerificationError      a webhook that can't be shown to come from Anthyx
    │   ├── WebhookHeaderError        a header is missing or malformed
    │   ├── WebhookSignatureError     no signature fits
    │   ├── WebhookTimestampError     signed too long ago, or in the future
    │   └── WebhookPayloadError       not bytes, or signed but no event
    └── APIError
        ├── APIConnectionError        no answer: not reached, or the connection was lost
        │   └── APITimeoutError       no answer in time
        ├── APIResponseError          an answer that is not the API's: HTML, a redirect, broken JSON
        └── APIStatusError            the API refused
            ├── BadRequestError           400
            ├── AuthenticationError       401
            ├── PermissionDeniedError     403
            ├── NotFoundError             404
            ├── ConflictError             409
            ├── PreconditionFailedError   412
            ├── ValidationError           422
            ├── RateLimitError            429
            └── ServerError               5xx

An argument that could never be right (an empty id, a naive datetime) is a ValueError or TypeError.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from ._base_errors import (
    AnthyxError,
    WebhookHeaderError,
    WebhookPayloadError,
    WebhookSignatureError,
    WebhookTimestampError,
    WebhookVerificationError,
)
from ._json import JSON

if TYPE_CHECKING:
    from ._response import ResponseInfo

__all__ = [
    "APIConnectionError",
    "APIError",
    "APIResponseError",
    "APIStatusError",
    "APITimeoutError",
    "AnthyxError",
    "Attempt",
    "AuthenticationError",
    "BadRequestError",
    "ConfigurationError",
    "ConflictError",
    "ErrorDetail",
    "NotFoundError",
    "PermissionDeniedError",
    "PreconditionFailedError",
    "Problem",
    "RateLimitError",
    "ServerError",
    "ValidationError",
    "WebhookHeaderError",
    "WebhookPayloadError",
    "WebhookSignatureError",
    "WebhookTimestampError",
    "WebhookVerificationError",
]


@dataclass(frozen=True, slots=True)
class ErrorDetail:
    """One problem; `pointer` (body), `parameter` (query) or `header` says where it is."""

    code: str | None = None
    detail: str | None = None
    pointer: str | None = None
    parameter: str | None = None
    header: str | None = None

    def __str__(self) -> str:
        place = self.pointer or self.parameter or self.header
        return f"{place}: {self.detail or self.code}" if place else f"{self.detail or self.code}"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of a request: when it began, how long it took (seconds), and what came of it."""

    number: int
    started_at: datetime
    elapsed: float
    status: int | None = None
    code: str | None = None
    request_id: str | None = None
    error: str | None = None


class ConfigurationError(AnthyxError, ValueError):
    """The client can't work with these options: no key, plain http, a negative timeout."""


class Problem(NamedTuple):
    """What an answer says about its error (RFC 9457), as far as it does."""

    status: int | None = None
    code: str | None = None
    detail: str | None = None
    errors: tuple[ErrorDetail, ...] = ()
    document: Mapping[str, JSON] = MappingProxyType({})
    retry_after: float | None = None
    response: ResponseInfo | None = None


class APIError(AnthyxError):
    """A call that failed. What isn't known is None or empty.

    Attributes:
        status: the HTTP status.
        code: the API's stable error code, as `validation_failed`.
        request_id: names the request to Anthyx' support.
        detail: the API's explanation, in English.
        errors: every problem found in the request.
        problem: the whole problem document, with members that belong to one code only.
        retry_after: seconds after which the server asks to come back.
        response: the answer's headers and rate limits; None if there was no answer.
        attempts: every try that was made, the last one included.
    """

    def __init__(self, message: str, problem: Problem | None = None) -> None:
        super().__init__(message)
        known = problem or Problem()
        self.status: int | None = known.status
        self.code: str | None = known.code
        self.request_id: str | None = known.response.request_id if known.response else None
        self.detail: str | None = known.detail
        self.errors: tuple[ErrorDetail, ...] = known.errors
        self.problem: dict[str, JSON] = dict(known.document)
        self.retry_after: float | None = known.retry_after
        self.response: ResponseInfo | None = known.response
        self.attempts: tuple[Attempt, ...] = ()

    def __str__(self) -> str:
        tries = len(self.attempts)
        return f"{self.args[0]} (after {tries} tries)" if tries > 1 else f"{self.args[0]}"


class APIConnectionError(APIError):
    """No answer came: the API was not reached, TLS failed, or the connection was lost."""


class APITimeoutError(APIConnectionError):
    """No answer came within the timeout or the deadline."""


class APIResponseError(APIError):
    """An answer that is not the API's: HTML from a proxy, a redirect, JSON of another shape."""


class APIStatusError(APIError):
    """The API answered with an error status that has no class of its own."""


class BadRequestError(APIStatusError):
    """400: the request is malformed."""


class AuthenticationError(APIStatusError):
    """401: the key is missing, wrong, revoked or expired."""


class PermissionDeniedError(APIStatusError):
    """403: the key lacks a scope, calls from a foreign address, or the plan's limit is reached."""


class NotFoundError(APIStatusError):
    """404: no such record for this key."""


class ConflictError(APIStatusError):
    """409: the record's state, or a parallel request, is in the way."""


class PreconditionFailedError(APIStatusError):
    """412: the record changed since its ETag was read."""


class ValidationError(APIStatusError):
    """422: the input is wrong; `errors` lists every problem."""


class RateLimitError(APIStatusError):
    """429, or a wait for the next window that the client was told not to make.

    Attributes:
        scope: the window that is used up, "minute" or "day"; None if the answer doesn't say.
        limit: the requests that window allows.
        retry_at: when requests pass again, in UTC; `retry_after` is the same in seconds.
    """

    def __init__(
        self,
        message: str,
        problem: Problem | None = None,
        *,
        scope: str | None = None,
        limit: int | None = None,
        retry_at: datetime | None = None,
    ) -> None:
        super().__init__(message, problem)
        self.scope = scope
        self.limit = limit
        self.retry_at = retry_at


class ServerError(APIStatusError):
    """5xx: the API failed."""
