"""Failures that a test asks for: an error status, or no answer at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from anthyx._causes import Cause
from anthyx._retry import Loss
from anthyx._wire import Failure

from ._answers import Refused

_CODES = {
    400: "bad_request",
    401: "invalid_api_key",
    403: "insufficient_scope",
    404: "not_found",
    409: "invalid_state",
    412: "precondition_failed",
    422: "validation_failed",
    429: "rate_limit_exceeded",
    500: "internal_error",
    503: "unavailable",
}


@dataclass
class PlannedFailure:
    """What the next so many calls end in; `status` None: the connection is lost."""

    status: int | None
    code: str | None
    retry_after: int | None
    method: str | None
    path: str | None
    times: int

    def takes(self, method: str, path: str) -> bool:
        """Whether this call is one of those; counts it."""
        fits = self.method in {None, method} and self.path in {None, path}
        if not fits or self.times < 1:
            return False
        self.times -= 1
        return True

    def outcome(self) -> Refused | Failure:
        """How the call ends."""
        if self.status is None:
            return Cause(ConnectionResetError("lost, as the test wants"), "the fake").lost(
                Loss.ANSWER_LOST
            )
        code = self.code or _CODES.get(self.status) or HTTPStatus(self.status).name.lower()
        headers: Mapping[str, str] = (
            {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        )
        members = {"window": "minute"} if code == "rate_limit_exceeded" else {}
        return Refused(self.status, code, headers=headers, **members)
