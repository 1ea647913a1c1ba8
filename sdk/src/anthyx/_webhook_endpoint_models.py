"""Models of webhook endpoints."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from ._models import Actor, Model, Resource

WebhookEndpointStatus: TypeAlias = Literal["enabled", "disabled"] | str  # noqa: PYI051 - an open enum
WebhookHealthState: TypeAlias = Literal["healthy", "failing", "held", "disabled"] | str  # noqa: PYI051
WebhookDisabledReason: TypeAlias = (
    Literal["requested", "failing", "gone", "brands_deleted", "key_leaked"] | str  # noqa: PYI051
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookFailure(Model):
    """The last attempt that failed: `status_code` if it was answered, else `error_code`."""

    at: datetime
    delivery_id: str
    event_type: str
    status_code: int | None
    error_code: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookHealth(Model):
    """How an endpoint does. `pending` counts what waits; 1,000 stands for more, too."""

    state: WebhookHealthState
    failing_since: datetime | None
    held_until: datetime | None
    consecutive_failures: int
    last_success_at: datetime | None
    last_failure: WebhookFailure | None
    pending: int
    oldest_pending_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpoint(Resource):
    """A webhook endpoint, without its secret; `headers` are the names of the custom headers.

    `brand_ids` None: events of every brand; `rate_per_second` None: no limit.
    """

    id: str
    url: str
    description: str | None
    event_types: tuple[str, ...]
    brand_ids: tuple[str, ...] | None
    headers: tuple[str, ...]
    rate_per_second: int | None
    max_in_flight: int
    status: WebhookEndpointStatus
    disabled_at: datetime | None
    disabled_reason: WebhookDisabledReason | None
    mode: str
    metadata: dict[str, str] = field(hash=False)
    secret_last4: str
    secret_activates_at: datetime | None
    health: WebhookHealth
    version: int
    created_at: datetime
    created_by: Actor
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedWebhookEndpoint(WebhookEndpoint):
    """An endpoint with the `secret` that was just made for it.

    The secret is not in the repr; it is in `to_dict()` and `to_json()`.
    """

    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSecret(Resource):
    """An endpoint's secrets; `previous_secret` is there while a rotation lasts.

    They are not in the repr; they are in `to_dict()` and `to_json()`.
    """

    id: str
    secret: str = field(repr=False)
    previous_secret: str | None = field(repr=False)
    secret_last4: str
    secret_activates_at: datetime | None
