"""Entries from before there were chains are chained as the schema is upgraded, and kept."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.exc import DBAPIError

from anthyx_server import audit, db
from anthyx_server.clock import now
from anthyx_server.db import Json, UTCTime
from anthyx_server.ids import new_id
from tests.support.apps import make_settings, open_app
from tests.support.postgres import PostgresServer

WORKSPACES = ("ws_1", "ws_2")
NAMES = ("id", "workspace_id", "mode", "action", "target_type", "target_id", "request_id")
OLD = sa.table(
    "audit_entries",
    *(sa.column(name, sa.String()) for name in (*NAMES, "address")),
    *(sa.column(name, Json) for name in ("actor", "detail")),
    sa.column("created_at", UTCTime()),
)


@pytest.fixture(params=["sqlite", "postgresql"])
def old_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of the schema before the chains, with 2,500 entries of two workspaces."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'old.db'}"
        _fill(url)
        yield url
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.create_database()
    _fill(url)
    yield url
    server.drop_database(url)


def _fill(url: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(db.MIGRATIONS))
    engine = sa.create_engine(url, **db.engine_options(url))
    db.set_up_engine(engine)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        workspaces = sa.table(
            "workspaces",
            *(sa.column(name, sa.String()) for name in ("id", "name", "plan", "timezone")),
            sa.column("plan_version", sa.Integer()),
            sa.column("created_at", UTCTime()),
        )
        rest = {"plan": "free", "plan_version": 1, "timezone": "UTC", "created_at": now()}
        rows = [{"id": each, "name": "Kept"} | rest for each in WORKSPACES]
        connection.execute(sa.insert(workspaces), rows)
        owners = itertools.cycle(WORKSPACES)
        connection.execute(sa.insert(OLD), [_entry(number, next(owners)) for number in range(2500)])
    engine.dispose()


def _entry(number: int, workspace_id: str) -> dict[str, Any]:
    values = dict.fromkeys(NAMES, str(number))
    actor_id = None if number % 3 else f"key_{number}"
    return values | {
        "id": new_id("aud"),
        "workspace_id": workspace_id,
        "mode": "test" if number % 2 else "live",
        "actor": {"type": "system", "id": actor_id, "name": "anthyx-server"},
        "detail": {"b": [number, None], "a": {"z": "ä", "y": True}},
        "address": None,
        "created_at": now(),
    }


def read(url: str) -> list[Any]:
    """All columns that there were before, of every entry."""
    engine = sa.create_engine(url, **db.engine_options(url))
    db.set_up_engine(engine)
    with engine.connect() as connection:
        rows = connection.execute(sa.select(OLD).order_by(OLD.c.id)).all()
    engine.dispose()
    return [tuple(row) for row in rows]


def test_old_entries_are_chained(old_url: str, redis_url: str, tmp_path: Path) -> None:
    settings = make_settings(tmp_path, old_url, redis_url)
    before = read(old_url)
    with pytest.raises(RuntimeError, match="encryption keys"):
        db.upgrade(old_url)
    db.upgrade(old_url, encryption_keys=settings.encryption_keys)
    assert read(old_url) == before
    with open_app(settings) as app, app.app_context():
        for workspace_id in WORKSPACES:
            verdict = audit.verify(workspace_id)
            assert (verdict.entries, verdict.head_number, verdict.wrong) == (1250, 1250, None)
            query = sa.select(audit.AuditEntry).where(audit.AuditEntry.number == 7)
            entry = db.db.session.scalars(
                query.where(audit.AuditEntry.workspace_id == workspace_id)
            ).one()
            assert entry.actor_id == entry.actor["id"]
        db.rollback()
        for statement in ("DELETE FROM audit_entries", "DELETE FROM audit_heads"):
            with db.db.engine.connect() as connection, pytest.raises(DBAPIError, match="append"):
                connection.exec_driver_sql(statement)
