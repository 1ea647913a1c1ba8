"""Answers of the fake API: JSON with its headers, or a problem document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, a JSON value (None: no body), and headers besides the usual ones."""

    status: int = 200
    data: Any = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    def encoded(self) -> bytes:
        """The body."""
        return b"" if self.status == HTTPStatus.NO_CONTENT else json.dumps(self.data).encode()


class Refused(Exception):
    """A call that the API answers with a problem document."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        **members: object,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail or f"The call was refused: {code}."
        self.headers = dict(headers or {})
        self.members = members

    def answer(self, request_id: str) -> Answer:
        """The problem document (RFC 9457)."""
        document = {
            "type": f"https://docs.useanthyx.com/errors/{self.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "request_id": request_id,
            "errors": [],
            **self.members,
        }
        headers = {"Content-Type": "application/problem+json", **self.headers}
        return Answer(self.status, document, headers)


def not_found(noun: str, record_id: str) -> Refused:
    """There is no such record for this key."""
    return Refused(404, "not_found", f"There is no {noun} {record_id} here.")


def invalid(problems: list[dict[str, str]]) -> Refused:
    """What is wrong with a request, each problem with its place."""
    return Refused(
        422, "validation_failed", "The request has problems: see errors.", errors=problems
    )


def invalid_field(pointer: str, detail: str) -> Refused:
    """One field of the body is wrong."""
    return invalid([{"code": "invalid", "detail": detail, "pointer": pointer}])


def with_etag(record: Mapping[str, Any], status: int = 200) -> Answer:
    """A record with the ETag of its version."""
    headers = {"ETag": f'"{record["version"]}"'} if "version" in record else {}
    return Answer(status, record, headers)
