"""The workspace that a key belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from ._engine import Engine
from ._models import Model, Resource
from ._wire import new_request

Plan: TypeAlias = Literal["free", "starter", "growth", "agency"] | str  # noqa: PYI051 - an open enum


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceLimits(Model):
    """What the plan allows; None: unlimited."""

    requests_per_minute: int
    requests_per_day: int | None
    api_keys: int | None
    seats: int | None
    webhook_endpoints: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace(Resource):
    """A workspace; `timezone` is an IANA name, as "Europe/Berlin"."""

    id: str
    name: str
    plan: Plan
    timezone: str
    limits: WorkspaceLimits
    created_at: datetime


@dataclass(frozen=True, slots=True)
class WorkspaceDetails:
    """`client.workspace`. Its method can raise any APIError."""

    _engine: Engine

    def get(self) -> Workspace:
        """The workspace of the calling key."""
        return self._engine.fetch(Workspace, new_request("GET", "/workspace"))
