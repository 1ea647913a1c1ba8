"""The metadata that every result carries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ._json import JSON
from ._rate_limit import NO_RATE_LIMIT, RateLimit


class Headers(Mapping[str, str]):
    """Response headers; look-ups ignore case, iteration gives names in lower case."""

    __slots__ = ("_values",)

    def __init__(self, items: Iterable[tuple[str, str]] = ()) -> None:
        self._values = {name.lower(): value for name, value in items}

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._values


@dataclass(frozen=True, slots=True)
class ResponseInfo:
    """How a result came about.

    `status` is 0 and `request_id` None on a model that was built by hand. `etag` is the record's,
    for `if_match=`; None where the answer has none, as for the items of a page.
    """

    status: int = 0
    request_id: str | None = None
    etag: str | None = None
    rate_limit: RateLimit = NO_RATE_LIMIT
    headers: Headers = field(default_factory=Headers, repr=False)

    @property
    def idempotency_replayed(self) -> bool:
        """Whether an earlier request with the same idempotency key made this answer."""
        return self.headers.get("idempotency-replayed") == "true"


NO_RESPONSE = ResponseInfo()


@dataclass(frozen=True, slots=True)
class APIResponse:
    """An answer as it came, from `client.request`: decoded JSON (None if empty) and metadata."""

    data: JSON
    response: ResponseInfo
