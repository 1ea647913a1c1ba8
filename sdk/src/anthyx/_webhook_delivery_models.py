"""Models of webhook deliveries, their attempts, recoveries and statistics."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from ._models import Model, Resource

WebhookDeliveryStatus: TypeAlias = (
    Literal["pending", "succeeded", "failed", "dead", "skipped"] | str  # noqa: PYI051 - an open enum
)
WebhookTrigger: TypeAlias = Literal["automatic", "manual", "recovery", "test"] | str  # noqa: PYI051
WebhookGranularity: TypeAlias = Literal["hour", "day"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookAttemptPhases(Model):
    """Milliseconds; None where the attempt did not get so far, or reused a connection."""

    dns_ms: int | None
    connect_ms: int | None
    tls_ms: int | None
    first_byte_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookAttemptError(Model):
    """Why an attempt was no success."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookAttempt(Resource):
    """One attempt: what was sent, and the head of the answer.

    Values of custom headers are masked. `response_body` is at most 16 KiB, as text: what is no
    UTF-8 is replaced by U+FFFD.
    """

    id: str
    delivery_id: str
    number: int
    trigger: WebhookTrigger
    url: str
    started_at: datetime
    duration_ms: int | None
    phases: WebhookAttemptPhases
    peer_address: str | None
    request_headers: dict[str, str] = field(hash=False)
    status_code: int | None
    error: WebhookAttemptError | None
    response_headers: dict[str, str] | None = field(hash=False)
    response_body: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDelivery(Resource):
    """One event on its way to one endpoint; `sequence` is None until it is first sent."""

    id: str
    event_id: str
    event_type: str
    brand_id: str | None
    endpoint_id: str
    recovery_id: str | None
    sequence: int | None
    status: WebhookDeliveryStatus
    attempts_made: int
    next_attempt_at: datetime | None
    created_at: datetime
    completed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDeliveryDetail(WebhookDelivery):
    """A delivery with its latest 50 attempts, the first of them first."""

    attempts: tuple[WebhookAttempt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRecovery(Resource):
    """How many deliveries are to be sent again, and how many of them wait or have been sent.

    `id` is None after a dry run.
    """

    id: str | None
    endpoint_id: str
    since: datetime | None
    matched: int
    queued: int
    done: bool
    created_at: datetime | None
    completed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookStatsBucket(Model):
    """Attempts of an hour or a day from `start`; percentiles None where none took a time."""

    start: datetime
    succeeded: int
    failed: int
    p50_ms: int | None
    p95_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookStats(Resource):
    """Attempts per bucket from `start` to `end`."""

    granularity: WebhookGranularity | str
    start: datetime
    end: datetime
    data: tuple[WebhookStatsBucket, ...]
