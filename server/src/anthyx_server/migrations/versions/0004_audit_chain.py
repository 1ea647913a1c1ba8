"""The hash chains of the audit log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import context, op

from anthyx_server.audit.chain import START, ChainKeys
from anthyx_server.db import Json, UTCTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_REFUSAL = "the audit log is append-only"
_BATCH = 1000
_INDEXED = ((), ("action",), ("actor_id",), ("target_id",))
_NAMED = (
    "id",
    "workspace_id",
    "mode",
    "action",
    "target_type",
    "target_id",
    "address",
    "request_id",
)
_heads = sa.table(
    "audit_heads",
    *(sa.column(name) for name in ("workspace_id", "number", "hash", "encryption_key_id", "seal")),
)
_entries = sa.table(
    "audit_entries",
    *(sa.column(name, sa.String()) for name in _NAMED),
    *(sa.column(name, Json) for name in ("actor", "detail")),
    sa.column("created_at", UTCTime()),
    sa.column("number", sa.BigInteger()),
    *(sa.column(name, sa.String()) for name in ("actor_id", "encryption_key_id", "hash")),
)


def upgrade() -> None:
    """Add the columns and the heads, and chain the entries that are there, by their ids."""
    op.create_table(
        "audit_heads",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("encryption_key_id", sa.String(), nullable=False),
        sa.Column("seal", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name="fk_audit_heads_workspace_id"
        ),
        sa.PrimaryKeyConstraint("workspace_id", name="pk_audit_heads"),
    )
    _let_change()
    op.add_column("audit_entries", sa.Column("number", sa.BigInteger(), nullable=True))
    for name in ("actor_id", "encryption_key_id", "hash"):
        op.add_column("audit_entries", sa.Column(name, sa.String(), nullable=True))
    _chain_all()
    op.drop_index("ix_audit_entries_workspace_id_mode_id", "audit_entries")
    with op.batch_alter_table("audit_entries") as batch:
        batch.alter_column("number", existing_type=sa.BigInteger(), nullable=False)
        for name in ("encryption_key_id", "hash"):
            batch.alter_column(name, existing_type=sa.String(), nullable=False)
        batch.create_unique_constraint(
            "uq_audit_entries_workspace_id_number", ["workspace_id", "number"]
        )
    for more in _INDEXED:
        columns = ["workspace_id", "mode", *more, "number"]
        op.create_index(f"ix_audit_entries_{'_'.join(columns)}", "audit_entries", columns)
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgresql()


def _let_change() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in ("no_update", "no_delete", "no_replace"):
            op.execute(f"DROP TRIGGER audit_entries_{name}")
    else:
        op.execute("DROP TRIGGER audit_entries_append_only ON audit_entries")


def _chain_all() -> None:
    bind = op.get_bind()
    workspaces = bind.scalars(sa.select(_entries.c.workspace_id).distinct()).all()
    if not workspaces:
        return
    encryption_keys: Sequence[Any] = context.config.attributes.get("encryption_keys", ())
    if not encryption_keys:
        raise RuntimeError("there are audit entries to chain: migrate with the encryption keys")
    keys = ChainKeys(encryption_keys)
    for workspace_id in workspaces:
        number, last_hash = _chain(keys, workspace_id)
        made = keys.seal_of(keys.current, workspace_id, number, last_hash)
        head = (workspace_id, number, last_hash, keys.current, made)
        bind.execute(sa.insert(_heads).values(head))


def _chain(keys: ChainKeys, workspace_id: str) -> tuple[int, str]:
    """Chain the entries of a workspace; number and hash of the last one."""
    number, last_hash = 0, START
    for batch in _batches(workspace_id):
        changes = []
        for row in batch:
            number += 1
            added = {
                "number": number,
                "actor_id": row.actor["id"],
                "encryption_key_id": keys.current,
            }
            last_hash = keys.hash_of(row._asdict() | added, last_hash)
            changes.append(added | {"hash": last_hash, "entry_id": row.id})
        update = sa.update(_entries).where(_entries.c.id == sa.bindparam("entry_id"))
        names = ("number", "actor_id", "encryption_key_id", "hash")
        op.get_bind().execute(update.values({n: sa.bindparam(n) for n in names}), changes)
    return number, last_hash


def _batches(workspace_id: str) -> Iterator[Sequence[Any]]:
    last_id = ""
    query = sa.select(_entries).where(_entries.c.workspace_id == workspace_id)
    while rows := (
        op.get_bind()
        .execute(query.where(_entries.c.id > last_id).order_by(_entries.c.id).limit(_BATCH))
        .all()
    ):
        yield rows
        last_id = rows[-1].id


def _guard_sqlite() -> None:
    """As migration 0001 did, with the numbers; the batch above has made the table anew."""
    entry_is_taken = (
        "EXISTS (SELECT 1 FROM audit_entries WHERE id = NEW.id "
        "OR (workspace_id = NEW.workspace_id AND number = NEW.number))"
    )
    head_is_taken = "EXISTS (SELECT 1 FROM audit_heads WHERE workspace_id = NEW.workspace_id)"
    goes_back = "NEW.number <= OLD.number OR NEW.workspace_id <> OLD.workspace_id"
    for name, event, condition in (
        ("entries_no_update", "UPDATE ON audit_entries", ""),
        ("entries_no_delete", "DELETE ON audit_entries", ""),
        # INSERT OR REPLACE removes the rows in its way without asking the triggers above.
        ("entries_no_replace", "INSERT ON audit_entries", f"WHEN {entry_is_taken}"),
        ("heads_no_delete", "DELETE ON audit_heads", ""),
        ("heads_grow", "UPDATE ON audit_heads", f"WHEN {goes_back}"),
        ("heads_start", "INSERT ON audit_heads", f"WHEN NEW.number <> 0 OR {head_is_taken}"),
    ):
        op.execute(
            f"CREATE TRIGGER audit_{name} BEFORE {event} {condition} "
            f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
        )


def _guard_postgresql() -> None:
    op.execute(
        "CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE "
        "ON audit_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()"
    )
    op.execute(
        "CREATE TRIGGER audit_heads_stay BEFORE DELETE OR TRUNCATE "
        "ON audit_heads FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()"
    )
    op.execute(
        "CREATE FUNCTION check_audit_head() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF TG_OP = 'INSERT' AND NEW.number = 0 THEN RETURN NEW; END IF; "
        "IF TG_OP = 'UPDATE' AND NEW.number > OLD.number "
        "AND NEW.workspace_id = OLD.workspace_id THEN RETURN NEW; END IF; "
        f"RAISE EXCEPTION '{_REFUSAL}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_heads_grow BEFORE INSERT OR UPDATE "
        "ON audit_heads FOR EACH ROW EXECUTE FUNCTION check_audit_head()"
    )
