"""What is to be sent, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(slots=True)
class Outgoing:
    """One request: a POST of `body`.

    `tag` is the caller's, and comes back with the outcome. `headers` are those that differ from
    request to request; one of the sender's own (`Content-Type`, `User-Agent`) is replaced.
    """

    tag: Any
    url: str
    headers: list[tuple[str, str]]
    body: bytes


@dataclass(slots=True)
class Outcome:
    """What came of one request; times are milliseconds, None where it did not get that far.

    `dns_ms`, `connect_ms` and `tls_ms` are also None where a connection was used again.
    `first_byte_ms` is the time from then to the answer's first byte. `error_code` is None exactly
    where `is_success`; `holds_endpoint` says that other requests to this endpoint would fare no
    better now, `is_gone` that there should be none any more. `is_resent` says that a connection
    used again was lost before any byte of an answer, and the request sent once more on another.
    """

    tag: Any
    started_at: datetime
    duration_ms: int
    dns_ms: int | None
    connect_ms: int | None
    tls_ms: int | None
    first_byte_ms: int | None
    peer_address: str | None
    status_code: int | None
    error_code: str | None
    error_detail: str | None
    response_headers: list[list[str]]
    response_body: bytes
    retry_after_seconds: int | None
    is_success: bool
    holds_endpoint: bool
    is_gone: bool
    is_resent: bool = False
