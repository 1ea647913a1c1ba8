"""What API keys look like, as the API shows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from ._models import Actor, Resource

ApiKeyStatus: TypeAlias = Literal["active", "expiring", "expired", "revoked"] | str  # noqa: PYI051 - an open enum
ApiKeyMode: TypeAlias = Literal["live", "test"] | str  # noqa: PYI051 - an open enum
RevokedReason: TypeAlias = Literal["deleted", "rotated", "leaked", "workspace_removed"] | str  # noqa: PYI051 - an open enum


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey(Resource):
    """An API key, without its secret. `brand_ids` and `ip_allowlist` None: no restriction."""

    id: str
    family_id: str
    name: str
    description: str
    prefix: str
    last4: str
    mode: ApiKeyMode
    scopes: tuple[str, ...]
    brand_ids: tuple[str, ...] | None
    ip_allowlist: tuple[str, ...] | None
    metadata: dict[str, str] = field(hash=False)
    version: int
    created_at: datetime
    created_by: Actor
    updated_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    last_used_ip: str | None
    rotated_from: str | None
    superseded_by: str | None
    revoked_at: datetime | None
    revoked_by: Actor | None
    revoked_reason: RevokedReason | None
    status: ApiKeyStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedApiKey(ApiKey):
    """A key as it is made or rotated, with its `secret`: the only time it is shown.

    The secret is not in the repr; it is in `to_dict()` and `to_json()`.
    """

    secret: str = field(repr=False)
