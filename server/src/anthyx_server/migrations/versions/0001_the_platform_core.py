"""The platform core."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from anthyx_server.db import Json, UTCTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "workspaces",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("plan", sa.String(), nullable=False),
        sa.Column("plan_version", sa.Integer(), nullable=False),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.Column("created_at", UTCTime(), nullable=False),
        sa.Column("removed_at", UTCTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_workspaces"),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("family_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("pepper_id", sa.String(), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("last4", sa.String(), nullable=False),
        sa.Column("scopes", Json, nullable=False),
        sa.Column("brand_ids", Json, nullable=True),
        sa.Column("ip_allowlist", Json, nullable=True),
        sa.Column("metadata", Json, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("auth_version", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCTime(), nullable=False),
        sa.Column("created_by", Json, nullable=False),
        sa.Column("updated_at", UTCTime(), nullable=False),
        sa.Column("expires_at", UTCTime(), nullable=True),
        sa.Column("expiry_notices", sa.Integer(), nullable=False),
        sa.Column("last_used_at", UTCTime(), nullable=True),
        sa.Column("last_used_ip", sa.String(), nullable=True),
        sa.Column("rotated_from", sa.String(), nullable=True),
        sa.Column("superseded_by", sa.String(), nullable=True),
        sa.Column("revoked_at", UTCTime(), nullable=True),
        sa.Column("revoked_by", Json, nullable=True),
        sa.Column("revoked_reason", sa.String(), nullable=True),
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("mode", sa.String(length=4), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name="fk_api_keys_workspace_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
        sa.UniqueConstraint("digest", name="uq_api_keys_digest"),
    )
    op.create_index("ix_api_keys_expires_at", "api_keys", ["expires_at"], unique=False)
    op.create_index("ix_api_keys_pepper_id", "api_keys", ["pepper_id"], unique=False)
    op.create_index(
        "ix_api_keys_workspace_id_mode_id",
        "api_keys",
        ["workspace_id", "mode", "id"],
        unique=False,
    )

    op.create_table(
        "audit_entries",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("actor", Json, nullable=False),
        sa.Column("target_type", sa.String(), nullable=False),
        sa.Column("target_id", sa.String(), nullable=False),
        sa.Column("detail", Json, nullable=False),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("request_id", sa.String(), nullable=True),
        sa.Column("created_at", UTCTime(), nullable=False),
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("mode", sa.String(length=4), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name="fk_audit_entries_workspace_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entries"),
    )
    op.create_index(
        "ix_audit_entries_workspace_id_mode_id",
        "audit_entries",
        ["workspace_id", "mode", "id"],
        unique=False,
    )

    op.create_table(
        "brands",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("website_url", sa.String(), nullable=True),
        sa.Column("logo_url", sa.String(), nullable=True),
        sa.Column("colors", Json, nullable=False),
        sa.Column("voice", Json, nullable=False),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("metadata", Json, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCTime(), nullable=False),
        sa.Column("updated_at", UTCTime(), nullable=False),
        sa.Column("archived_at", UTCTime(), nullable=True),
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("mode", sa.String(length=4), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_brands_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_brands"),
        sa.UniqueConstraint(
            "workspace_id", "mode", "name_key", name="uq_brands_workspace_id_mode_name_key"
        ),
        sa.UniqueConstraint(
            "workspace_id", "mode", "slug", name="uq_brands_workspace_id_mode_slug"
        ),
    )
    op.create_index(
        "ix_brands_workspace_id_mode_id",
        "brands",
        ["workspace_id", "mode", "id"],
        unique=False,
    )
    op.create_index(
        "ix_brands_workspace_id_mode_status_id",
        "brands",
        ["workspace_id", "mode", "status", "id"],
        unique=False,
    )
    op.create_index(
        "ix_brands_workspace_id_mode_status_name_key_id",
        "brands",
        ["workspace_id", "mode", "status", "name_key", "id"],
        unique=False,
    )

    op.create_table(
        "events",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("brand_id", sa.String(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UTCTime(), nullable=False),
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("mode", sa.String(length=4), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_events_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
    )
    op.create_index("ix_events_created_at", "events", ["created_at"], unique=False)
    op.create_index(
        "ix_events_workspace_id_mode_id",
        "events",
        ["workspace_id", "mode", "id"],
        unique=False,
    )

    op.create_table(
        "idempotency_records",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("mode", sa.String(length=4), nullable=False),
        sa.Column("key_hmac", sa.LargeBinary(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("caller_key_id", sa.String(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", Json, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=True),
        sa.Column("has_secret", sa.Boolean(), nullable=False),
        sa.Column("created_at", UTCTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name="fk_idempotency_records_workspace_id"
        ),
        sa.PrimaryKeyConstraint("workspace_id", "mode", "key_hmac", name="pk_idempotency_records"),
    )
    op.create_index(
        "ix_idempotency_records_created_at", "idempotency_records", ["created_at"], unique=False
    )

    op.create_table(
        "members",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("created_at", UTCTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name="fk_members_workspace_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_members"),
        sa.UniqueConstraint("workspace_id", "email", name="uq_members_workspace_id_email"),
    )
    op.create_index(
        "ix_members_one_owner",
        "members",
        ["workspace_id"],
        unique=True,
        sqlite_where=sa.text("role = 'owner'"),
        postgresql_where=sa.text("role = 'owner'"),
    )

    op.create_table(
        "usage_hours",
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("hour", UTCTime(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("limited", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("mode", sa.String(length=4), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["api_keys.id"], name="fk_usage_hours_key_id"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name="fk_usage_hours_workspace_id"
        ),
        sa.PrimaryKeyConstraint("key_id", "hour", "source", name="pk_usage_hours"),
    )
    op.create_index(
        "ix_usage_hours_workspace_id_mode_hour",
        "usage_hours",
        ["workspace_id", "mode", "hour"],
        unique=False,
    )

    _make_append_only()


def _make_append_only() -> None:
    """Let the database itself refuse to change or remove an entry of the audit log."""
    if op.get_bind().dialect.name == "sqlite":
        for action in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_entries_no_{action.lower()} BEFORE {action} "
                "ON audit_entries BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
            )
        # INSERT OR REPLACE removes the row that is in its way without asking the triggers above.
        op.execute(
            "CREATE TRIGGER audit_entries_no_replace BEFORE INSERT ON audit_entries "
            "WHEN EXISTS (SELECT 1 FROM audit_entries WHERE id = NEW.id) "
            "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE "
        "ON audit_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()"
    )
