"""The tables of webhooks: endpoints, their queues, deliveries, attempts and recoveries."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from anthyx_server import clock
from anthyx_server.db import Base, OwnedByWorkspace

# No foreign keys from here to events or endpoints: checking them would cost each delivery a
# lock, and what is on record outlives both.
_WAITS = sa.text("next_attempt_at IS NOT NULL")
_WAITS_AS_ASKED = sa.text("next_attempt_at IS NOT NULL AND trigger IN ('manual', 'test')")
_HAS_BRAND = sa.text("brand_id IS NOT NULL")
_IS_FIRST = sa.text("number = 1")
_LIVES = sa.text("deleted_at IS NULL")


class WebhookEndpoint(OwnedByWorkspace, Base):
    """Where events are sent. A deleted one stays as a row without secrets, for its deliveries.

    `sealed_secrets` holds the secret that signs and, while a rotation lasts (until
    `secret_activates_at`), the next one; `sealed_headers` the custom headers' values.
    """

    __tablename__ = "webhook_endpoints"
    __table_args__ = (
        sa.Index(
            "ix_webhook_endpoints_living",
            "workspace_id",
            "mode",
            "id",
            sqlite_where=_LIVES,
            postgresql_where=_LIVES,
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    url: Mapped[str]
    description: Mapped[str | None]
    event_types: Mapped[list[str]]
    brand_ids: Mapped[list[str] | None]
    header_names: Mapped[list[str]]
    sealed_headers: Mapped[bytes | None]
    sealed_secrets: Mapped[bytes | None]
    encryption_key_id: Mapped[str | None] = mapped_column(index=True)
    secret_last4: Mapped[str]
    secret_activates_at: Mapped[datetime | None] = mapped_column(index=True)
    rate_per_second: Mapped[int | None]
    max_in_flight: Mapped[int]
    status: Mapped[str]
    disabled_at: Mapped[datetime | None]
    disabled_reason: Mapped[str | None]
    labels: Mapped[dict[str, str]] = mapped_column("metadata")
    created_by: Mapped[dict[str, Any]]
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None] = mapped_column(index=True)

    def bump(self) -> None:
        """Make a new version of it, now."""
        self.version += 1
        self.updated_at = clock.now()


class WebhookQueue(OwnedByWorkspace, Base):
    """What the engine keeps of an endpoint: its place in the line, its numbers, its health.

    `in_flight` counts the deliveries that are under lease. `paced_until` is the earliest moment
    of the next attempt that its rate allows, `held_until` that of the breaker. `manual_used` counts
    the attempts that customers asked for by hand in the minute that ends at `manual_until`.
    """

    __tablename__ = "webhook_queues"

    endpoint_id: Mapped[str] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(sa.BigInteger)
    in_flight: Mapped[int]
    served_at: Mapped[datetime | None]
    paced_until: Mapped[datetime | None]
    held_until: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    consecutive_failures: Mapped[int]
    last_success_at: Mapped[datetime | None]
    last_failure: Mapped[dict[str, Any] | None]
    manual_until: Mapped[datetime | None]
    manual_used: Mapped[int] = mapped_column(default=0, server_default="0")


class WebhookHost(Base):
    """A host that webhooks go to, and when the next request to it may start."""

    __tablename__ = "webhook_hosts"

    host: Mapped[str] = mapped_column(primary_key=True)
    paced_until: Mapped[datetime | None]


class WebhookDelivery(OwnedByWorkspace, Base):
    """One event on its way to one endpoint.

    It waits where `next_attempt_at` is set; while an attempt runs, it is under the lease of the
    process that makes it, and that time stays as it was. `round_attempts` counts the attempts of
    the retry schedule since it last began, `attempts_made` all of them; `trigger` is that of the
    next attempt.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        # Lists merge the stretches of the five statuses: with or without a filter by status, one
        # index serves. None holds `sequence` or what else a claim sets: its update stays cheap.
        sa.Index(None, "workspace_id", "mode", "status", "id"),
        sa.Index(None, "endpoint_id", "status", "id"),
        sa.Index(
            "ix_webhook_deliveries_of_brand",
            "brand_id",
            "status",
            "id",
            sqlite_where=_HAS_BRAND,
            postgresql_where=_HAS_BRAND,
        ),
        sa.Index(None, "event_id"),
        sa.Index(
            "ix_webhook_deliveries_waiting",
            "endpoint_id",
            "next_attempt_at",
            sqlite_where=_WAITS,
            postgresql_where=_WAITS,
        ),
        # What somebody asked for is sent although the breaker holds what waits before it.
        sa.Index(
            "ix_webhook_deliveries_asked",
            "endpoint_id",
            "next_attempt_at",
            sqlite_where=_WAITS_AS_ASKED,
            postgresql_where=_WAITS_AS_ASKED,
        ),
    )

    # As in OwnedByWorkspace, without the foreign key.
    workspace_id: Mapped[str] = mapped_column(sa.String)
    id: Mapped[str] = mapped_column(primary_key=True)
    endpoint_id: Mapped[str]
    event_id: Mapped[str]
    event_type: Mapped[str]
    brand_id: Mapped[str | None]
    sequence: Mapped[int | None] = mapped_column(sa.BigInteger)
    status: Mapped[str]
    trigger: Mapped[str]
    attempts_made: Mapped[int]
    round_attempts: Mapped[int]
    next_attempt_at: Mapped[datetime | None]
    lease: Mapped[str | None]
    leased_until: Mapped[datetime | None]
    recovery_id: Mapped[str | None]
    created_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]


class WebhookAttempt(OwnedByWorkspace, Base):
    """One attempt, on record for as long as its delivery.

    Times of phases are milliseconds; null where the attempt did not get that far or reused a
    connection. `signatures` are the signature headers as sent; the other headers follow from
    the delivery. `sequence` is the delivery's, which is found by its first attempt.

    Ids are made as results are written: statistics are summed in their order.
    """

    __tablename__ = "webhook_attempts"
    __table_args__ = (
        sa.Index(None, "delivery_id", "number"),
        sa.Index(None, "endpoint_id", "id"),
        sa.Index(
            "ix_webhook_attempts_first",
            "endpoint_id",
            "sequence",
            sqlite_where=_IS_FIRST,
            postgresql_where=_IS_FIRST,
        ),
    )

    workspace_id: Mapped[str] = mapped_column(sa.String)
    id: Mapped[str] = mapped_column(primary_key=True)
    delivery_id: Mapped[str]
    endpoint_id: Mapped[str]
    number: Mapped[int]
    sequence: Mapped[int | None] = mapped_column(sa.BigInteger)
    trigger: Mapped[str]
    url: Mapped[str]
    started_at: Mapped[datetime]
    duration_ms: Mapped[int | None]
    dns_ms: Mapped[int | None]
    connect_ms: Mapped[int | None]
    tls_ms: Mapped[int | None]
    first_byte_ms: Mapped[int | None]
    peer_address: Mapped[str | None]
    signatures: Mapped[dict[str, str] | None]
    custom_headers: Mapped[list[str] | None]
    status_code: Mapped[int | None]
    error_code: Mapped[str | None]
    error_detail: Mapped[str | None]
    response_headers: Mapped[list[list[str]] | None]
    response_body: Mapped[bytes | None]


class WebhookRecovery(OwnedByWorkspace, Base):
    """A request to send again what an endpoint missed.

    It means the deliveries with one of `statuses` and an id from `low` up to `high` (exclusive),
    created at `since` or later; of skipped ones those alone that were skipped at `skipped_since`
    or later. `cursor` is the last delivery looked at, `pace` how many may be due at once.
    """

    __tablename__ = "webhook_recoveries"
    __table_args__ = (
        sa.Index(
            "ix_webhook_recoveries_unfinished",
            "endpoint_id",
            sqlite_where=sa.text("completed_at IS NULL"),
            postgresql_where=sa.text("completed_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    endpoint_id: Mapped[str]
    statuses: Mapped[list[str]]
    since: Mapped[datetime | None]
    skipped_since: Mapped[datetime | None]
    low: Mapped[str]
    high: Mapped[str]
    cursor: Mapped[str]
    pace: Mapped[int]
    matched: Mapped[int]
    queued: Mapped[int]
    created_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]


class WebhookHour(OwnedByWorkspace, Base):
    """What attempts of one hour came to; `durations` counts them by class, see `histogram`."""

    __tablename__ = "webhook_hours"

    endpoint_id: Mapped[str] = mapped_column(primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True, index=True)
    succeeded: Mapped[int] = mapped_column(sa.BigInteger)
    failed: Mapped[int] = mapped_column(sa.BigInteger)
    durations: Mapped[dict[str, Any]]


class WebhookMark(Base):
    """How far a job has come that goes through attempts: the id of the last one it took."""

    __tablename__ = "webhook_marks"

    name: Mapped[str] = mapped_column(primary_key=True)
    attempt_id: Mapped[str]
