"""Requests and replies as they cross the wire, and how a call becomes a request. Does no I/O."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol, TypeAlias
from urllib.parse import quote, urlencode

from ._json import encode, format_time
from ._redact import holds_key
from ._response import Headers, ResponseInfo
from ._retry import Loss
from ._unset import UNSET, Unset
from .errors import APIError

QueryValue: TypeAlias = str | int | bool | datetime | Sequence[str] | Unset | None
"""What a query parameter may be; None and UNSET are not sent, a sequence is joined by commas."""

_WRITES = frozenset({"POST", "PATCH", "DELETE"})
_METHOD = re.compile(r"[A-Z]+")
_VISIBLE = re.compile(r"[\x21-\x7e]{1,255}")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+: [\x20-\x7e]*")


class Identified(Protocol):
    """A record that knows its id."""

    @property
    def id(self) -> str:
        """The id, as `brand_…`."""
        ...


class Tagged(Protocol):
    """A record that knows which answer it came in."""

    @property
    def response(self) -> ResponseInfo:
        """That answer's metadata."""
        ...


class Request(NamedTuple):
    """A request without its host and its key, the same on every try.

    `counted` says whether it draws on the rate limits.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes | None
    counted: bool

    @property
    def target(self) -> str:
        """Path and query."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def repeatable(self) -> bool:
        """Whether sending it twice does no more than sending it once."""
        return self.method not in _WRITES or "Idempotency-Key" in self.headers


class Reply(NamedTuple):
    """An answer: `received_at` is in Unix seconds."""

    status: int
    headers: Headers
    body: bytes
    received_at: float


class Timeouts(NamedTuple):
    """Seconds for connecting, for each read, and what is left for the call; None: no bound."""

    connect: float | None
    read: float | None
    total: float | None


class Failure(NamedTuple):
    """Why there is no answer, as the error to raise and what it was made of."""

    loss: Loss
    error: APIError
    cause: BaseException


def path_to(collection: str, record: str | Identified, action: str = "") -> str:
    """`/brands/brand_1`, or with an action `/brands/brand_1/archive`.

    Raises:
        TypeError: the record is neither an id nor something that has one.
        ValueError: the id is empty, leads to another path, or is an API key.
    """
    identifier: object = record if isinstance(record, str) else getattr(record, "id", None)
    if not isinstance(identifier, str):
        raise TypeError(f"an id is a string or a record, not {type(record).__name__}")
    if not identifier or identifier in {".", ".."}:
        raise ValueError(f"{identifier!r} is not an id")
    if holds_key(identifier):
        raise ValueError("this is an API key, which must not stand in a URL; pass the key's id")
    path = f"/{collection}/{quote(identifier, safe='')}"
    return f"{path}/{action}" if action else path


def raw_path(path: str) -> str:
    """A path given by the caller, checked and percent-encoded.

    Raises:
        ValueError: it doesn't begin with "/", has a query, or steps out of the API.
    """
    segments = path.split("/")
    if not path.startswith("/") or "" in segments[1:-1] or {".", ".."} & set(segments):
        raise ValueError(f"{path!r} is not a path below the base URL, as '/brands'")
    if "?" in path or "#" in path or holds_key(path):
        raise ValueError("parameters belong in query=, and API keys nowhere in a URL")
    return quote(path, safe="/%:@!$&'()*+,;=~")


def new_request(
    method: str,
    path: str,
    *,
    query: Mapping[str, QueryValue] | None = None,
    body: object = UNSET,
    idempotency_key: str | None = None,
    if_match: str | Tagged | None = None,
    headers: Mapping[str, str] | None = None,
    counted: bool = True,
) -> Request:
    """Make a request; POST, PATCH and DELETE get an idempotency key if none is given.

    Raises:
        TypeError: the body has no JSON form.
        ValueError: the method, the key, a header or a value in the body can't be sent.
    """
    if not _METHOD.fullmatch(method):
        raise ValueError(f"{method!r} is not an HTTP method; write it in capitals")
    # In one spelling, so that a header of the caller's takes the place of ours.
    fields = {name.title(): value for name, value in (headers or {}).items()}
    if idempotency_key is not None or method in _WRITES:
        fields.setdefault("Idempotency-Key", _checked_key(idempotency_key))
    if if_match is not None:
        fields["If-Match"] = _entity_tag(if_match)
    encoded = None
    if body is not UNSET:
        encoded = encode(body)
        fields["Content-Type"] = "application/json"
        fields["Content-Length"] = str(len(encoded))
    for name, value in fields.items():
        if not _HEADER.fullmatch(f"{name}: {value}"):
            raise ValueError(f"the header {name!r} can't be sent: it is not printable ASCII")
    return Request(method, path, _encoded_query(query or {}), fields, encoded, counted)


def _entity_tag(match: str | Tagged) -> str:
    tag = match if isinstance(match, str) else match.response.etag
    if not tag:
        raise ValueError("this record came without an ETag, as in a list: get it, then use that")
    return tag


def _checked_key(key: str | None) -> str:
    if key is None:
        return os.urandom(16).hex()
    if not _VISIBLE.fullmatch(key):
        raise ValueError("an idempotency key has 1 to 255 visible ASCII characters")
    return key


def _encoded_query(query: Mapping[str, QueryValue]) -> str:
    return urlencode(
        {
            name: _query_text(value)
            for name, value in query.items()
            if value is not None and value is not UNSET
        }
    )


def _query_text(value: QueryValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return format_time(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ",".join(value)
    return str(value)
