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
    of the next attempt that its rate allows, `held_until` that of the breaker.
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


class WebhookDelivery(OwnedByWorkspace, Base):
    """One event on its way to one endpoint.

    It waits where `next_attempt_at` is set; while an attempt runs, it is under the lease of the
    process that makes it, and that time stays as it was. `round_attempts` counts the attempts of
    the retry schedule since it last began, `attempts_made` all of them; `trigger` is that of the
    next attempt.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        sa.Index(None, "workspace_id", "mode", "id"),
        sa.Index(None, "endpoint_id", "id"),
        sa.Index(None, "event_id"),
        sa.Index(
            "ix_webhook_deliveries_waiting",
            "endpoint_id",
            "next_attempt_at",
            sqlite_where=_WAITS,
            postgresql_where=_WAITS,
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
    the delivery.
    """

    __tablename__ = "webhook_attempts"
    __table_args__ = (
        sa.Index(None, "delivery_id", "number"),
        sa.Index(None, "endpoint_id", "started_at"),
    )

    workspace_id: Mapped[str] = mapped_column(sa.String)
    id: Mapped[str] = mapped_column(primary_key=True)
    delivery_id: Mapped[str]
    endpoint_id: Mapped[str]
    number: Mapped[int]
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
    """A request to send again what an endpoint missed; `cursor` is the last delivery looked at."""

    __tablename__ = "webhook_recoveries"
    __table_args__ = (sa.Index(None, "workspace_id", "mode", "id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    endpoint_id: Mapped[str] = mapped_column(index=True)
    since: Mapped[datetime | None]
    until: Mapped[datetime]
    matched: Mapped[int]
    queued: Mapped[int]
    cursor: Mapped[str]
    created_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]
