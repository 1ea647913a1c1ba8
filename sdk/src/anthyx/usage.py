"""Usage: what is left of the rate limits, and what was used before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from ._engine import Engine
from ._key_models import ApiKey
from ._models import Model, Resource
from ._wire import new_request
from .workspace import Plan

Granularity: TypeAlias = Literal["hour", "day"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageWindow(Model):
    """A rate-limit window; `resets_at` is None while no request has opened it."""

    name: Literal["minute", "day"] | str  # noqa: PYI051 - an open enum
    limit: int
    used: int
    remaining: int
    resets_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyUsage(Model):
    """How many keys the plan's cap counts; `limit` None: unlimited."""

    used: int
    limit: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage(Resource):
    """What the calling key and its workspace have used of the plan."""

    plan: Plan
    windows: tuple[UsageWindow, ...]
    api_keys: ApiKeyUsage


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageBucket(Model):
    """Requests of an hour or a day from `start`: those that passed, and those met with 429."""

    start: datetime
    accepted: int
    limited: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageHistory(Resource):
    """Requests per bucket from `start` to `end`; `key_id` None: of all keys of the mode."""

    granularity: Granularity | str
    key_id: str | None
    start: datetime
    end: datetime
    data: tuple[UsageBucket, ...]


@dataclass(frozen=True, slots=True)
class UsageReports:
    """`client.usage`. Every method can raise any APIError."""

    _engine: Engine

    def get(self) -> Usage:
        """The windows as they are now. Doesn't count against them."""
        return self._engine.fetch(Usage, new_request("GET", "/usage", counted=False))

    def history(
        self,
        *,
        granularity: Granularity | None = None,
        key_id: str | ApiKey | None = None,
        from_: datetime | None = None,
        to: datetime | None = None,
    ) -> UsageHistory:
        """Accepted and limited requests over time.

        Args:
            granularity: "hour" or "day".
            key_id: of this key only, by id or as an ApiKey; others than the calling one need the
                scope keys:read.
            from_: aware; where to begin.
            to: aware; where to end.
        """
        query = {
            "granularity": granularity,
            "key_id": key_id.id if isinstance(key_id, ApiKey) else key_id,
            "from": from_,
            "to": to,
        }
        return self._engine.fetch(UsageHistory, new_request("GET", "/usage/history", query=query))
