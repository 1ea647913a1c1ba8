"""Webhooks: endpoints, queues, deliveries, attempts, recoveries, statistics."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from anthyx_server.db import Json, UTCTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_endpoints()
    _create_queues()
    _create_hosts()
    _create_deliveries()
    _create_attempts()
    _create_recoveries()
    _create_statistics()
    _make_room()


def _make_room() -> None:
    """Leave room in pages, so that a claim's update touches no index (PostgreSQL)."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, percent in (
        ("webhook_deliveries", 50),
        ("webhook_queues", 50),
        ("webhook_hosts", 50),
    ):
        op.execute(f"ALTER TABLE {table} SET (fillfactor = {percent})")
    # What was sent leaves dead entries at the head of what waits; they are removed in time.
    op.execute(
        "ALTER TABLE webhook_deliveries SET (autovacuum_vacuum_scale_factor = 0.02, "
        "autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_cost_delay = 0)"
    )


def _owner(table: str, *, is_checked: bool = True) -> list[sa.schema.SchemaItem]:
    """The columns of OwnedByWorkspace; where rows are many, without the foreign key."""
    columns: list[sa.schema.SchemaItem] = [
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("mode", sa.String(length=4), nullable=False),
    ]
    if is_checked:
        columns.append(
            sa.ForeignKeyConstraint(
                ["workspace_id"], ["workspaces.id"], name=f"fk_{table}_workspace_id"
            )
        )
    return columns


def _create_endpoints() -> None:
    op.create_table(
        "webhook_endpoints",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=True),
        sa.Column("event_types", Json, nullable=False),
        sa.Column("brand_ids", Json, nullable=True),
        sa.Column("header_names", Json, nullable=False),
        sa.Column("sealed_headers", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_secrets", sa.LargeBinary(), nullable=True),
        sa.Column("encryption_key_id", sa.String(), nullable=True),
        sa.Column("secret_last4", sa.String(), nullable=False),
        sa.Column("secret_activates_at", UTCTime(), nullable=True),
        sa.Column("rate_per_second", sa.Integer(), nullable=True),
        sa.Column("max_in_flight", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("disabled_at", UTCTime(), nullable=True),
        sa.Column("disabled_reason", sa.String(), nullable=True),
        sa.Column("metadata", Json, nullable=False),
        sa.Column("created_by", Json, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCTime(), nullable=False),
        sa.Column("updated_at", UTCTime(), nullable=False),
        sa.Column("deleted_at", UTCTime(), nullable=True),
        *_owner("webhook_endpoints"),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_endpoints"),
    )
    lives = sa.text("deleted_at IS NULL")
    op.create_index(
        "ix_webhook_endpoints_living",
        "webhook_endpoints",
        ["workspace_id", "mode", "id"],
        sqlite_where=lives,
        postgresql_where=lives,
    )
    for column in ("encryption_key_id", "secret_activates_at", "deleted_at"):
        op.create_index(f"ix_webhook_endpoints_{column}", "webhook_endpoints", [column])


def _create_queues() -> None:
    op.create_table(
        "webhook_queues",
        sa.Column("endpoint_id", sa.String(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("in_flight", sa.Integer(), nullable=False),
        sa.Column("served_at", UTCTime(), nullable=True),
        sa.Column("paced_until", UTCTime(), nullable=True),
        sa.Column("held_until", UTCTime(), nullable=True),
        sa.Column("failing_since", UTCTime(), nullable=True),
        sa.Column("consecutive_failures", sa.Integer(), nullable=False),
        sa.Column("last_success_at", UTCTime(), nullable=True),
        sa.Column("last_failure", Json, nullable=True),
        sa.Column("manual_until", UTCTime(), nullable=True),
        sa.Column("manual_used", sa.Integer(), nullable=False, server_default="0"),
        *_owner("webhook_queues"),
        sa.PrimaryKeyConstraint("endpoint_id", name="pk_webhook_queues"),
    )


def _create_hosts() -> None:
    op.create_table(
        "webhook_hosts",
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("paced_until", UTCTime(), nullable=True),
        sa.PrimaryKeyConstraint("host", name="pk_webhook_hosts"),
    )


def _create_deliveries() -> None:
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("endpoint_id", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("event_type", sa.String(), nullable=False),
        sa.Column("brand_id", sa.String(), nullable=True),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("trigger", sa.String(), nullable=False),
        sa.Column("attempts_made", sa.Integer(), nullable=False),
        sa.Column("round_attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", UTCTime(), nullable=True),
        sa.Column("lease", sa.String(), nullable=True),
        sa.Column("leased_until", UTCTime(), nullable=True),
        sa.Column("recovery_id", sa.String(), nullable=True),
        sa.Column("created_at", UTCTime(), nullable=False),
        sa.Column("completed_at", UTCTime(), nullable=True),
        *_owner("webhook_deliveries", is_checked=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_deliveries"),
    )
    for columns in (
        ["workspace_id", "mode", "status", "id"],
        ["endpoint_id", "status", "id"],
        ["event_id"],
    ):
        op.create_index(f"ix_webhook_deliveries_{'_'.join(columns)}", "webhook_deliveries", columns)
    has_brand = sa.text("brand_id IS NOT NULL")
    op.create_index(
        "ix_webhook_deliveries_of_brand",
        "webhook_deliveries",
        ["brand_id", "status", "id"],
        sqlite_where=has_brand,
        postgresql_where=has_brand,
    )
    waits = sa.text("next_attempt_at IS NOT NULL")
    op.create_index(
        "ix_webhook_deliveries_waiting",
        "webhook_deliveries",
        ["endpoint_id", "next_attempt_at"],
        sqlite_where=waits,
        postgresql_where=waits,
    )
    asked = sa.text("next_attempt_at IS NOT NULL AND trigger IN ('manual', 'test')")
    op.create_index(
        "ix_webhook_deliveries_asked",
        "webhook_deliveries",
        ["endpoint_id", "next_attempt_at"],
        sqlite_where=asked,
        postgresql_where=asked,
    )


def _create_attempts() -> None:
    op.create_table(
        "webhook_attempts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("delivery_id", sa.String(), nullable=False),
        sa.Column("endpoint_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("trigger", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("started_at", UTCTime(), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column("dns_ms", sa.Integer(), nullable=True),
        sa.Column("connect_ms", sa.Integer(), nullable=True),
        sa.Column("tls_ms", sa.Integer(), nullable=True),
        sa.Column("first_byte_ms", sa.Integer(), nullable=True),
        sa.Column("peer_address", sa.String(), nullable=True),
        sa.Column("signatures", Json, nullable=True),
        sa.Column("custom_headers", Json, nullable=True),
        sa.Column("status_code", sa.Integer(), nullable=True),
        sa.Column("error_code", sa.String(), nullable=True),
        sa.Column("error_detail", sa.String(), nullable=True),
        sa.Column("response_headers", Json, nullable=True),
        sa.Column("response_body", sa.LargeBinary(), nullable=True),
        *_owner("webhook_attempts", is_checked=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_attempts"),
    )
    for columns in (["delivery_id", "number"], ["endpoint_id", "id"]):
        op.create_index(f"ix_webhook_attempts_{'_'.join(columns)}", "webhook_attempts", columns)
    is_first = sa.text("number = 1")
    op.create_index(
        "ix_webhook_attempts_first",
        "webhook_attempts",
        ["endpoint_id", "sequence"],
        sqlite_where=is_first,
        postgresql_where=is_first,
    )


def _create_recoveries() -> None:
    op.create_table(
        "webhook_recoveries",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("endpoint_id", sa.String(), nullable=False),
        sa.Column("statuses", Json, nullable=False),
        sa.Column("since", UTCTime(), nullable=True),
        sa.Column("skipped_since", UTCTime(), nullable=True),
        sa.Column("low", sa.String(), nullable=False),
        sa.Column("high", sa.String(), nullable=False),
        sa.Column("cursor", sa.String(), nullable=False),
        sa.Column("pace", sa.Integer(), nullable=False),
        sa.Column("matched", sa.Integer(), nullable=False),
        sa.Column("queued", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCTime(), nullable=False),
        sa.Column("completed_at", UTCTime(), nullable=True),
        *_owner("webhook_recoveries"),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_recoveries"),
    )
    is_unfinished = sa.text("completed_at IS NULL")
    op.create_index(
        "ix_webhook_recoveries_unfinished",
        "webhook_recoveries",
        ["endpoint_id"],
        sqlite_where=is_unfinished,
        postgresql_where=is_unfinished,
    )


def _create_statistics() -> None:
    op.create_table(
        "webhook_hours",
        sa.Column("endpoint_id", sa.String(), nullable=False),
        sa.Column("hour", UTCTime(), nullable=False),
        sa.Column("succeeded", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        sa.Column("durations", Json, nullable=False),
        *_owner("webhook_hours"),
        sa.PrimaryKeyConstraint("endpoint_id", "hour", name="pk_webhook_hours"),
    )
    op.create_index("ix_webhook_hours_hour", "webhook_hours", ["hour"])
    op.create_table(
        "webhook_marks",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("attempt_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_webhook_marks"),
    )
