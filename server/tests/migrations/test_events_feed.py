"""The migration that places events which were there before."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from anthyx_server import clock, db
from anthyx_server.workspaces.models import Workspace
from tests.support.postgres import PostgresServer


def migrate(connection: sa.Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(db.MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_events_keep_the_order_in_which_they_were_made(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if kind == "sqlite":
        check(f"sqlite:///{tmp_path}/anthyx.db")
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.create_database()
    check(url)
    server.drop_database(url)


def check(url: str) -> None:
    engine = sa.create_engine(url, **db.engine_options(url))
    db.set_up_engine(engine)
    start = 1_795_000_000_000
    times = [start + 5, start, *[start + 1] * 3_000]
    rows = [
        {
            "id": f"evt_{number:05}",
            "type": "post.created",
            "body": b"{}",
            "created_at": clock.from_milliseconds(time),
            "workspace_id": f"ws_{number % 2}",
            "mode": "live",
        }
        for number, time in enumerate(times)
    ]
    with engine.begin() as connection:
        migrate(connection, "0002")
        before = sa.Table("events", sa.MetaData(), autoload_with=connection)
        typed = sa.table("events", *(sa.column(each.name) for each in before.columns))
        typed.c.created_at.type = db.UTCTime()
        for name in ("ws_0", "ws_1", "ws_2"):
            values = {"id": name, "name": name, "plan": "free", "created_at": clock.now()}
            connection.execute(sa.insert(Workspace).values(values))
        connection.execute(sa.insert(typed), rows)
        migrate(connection, "0003")
        query = "SELECT workspace_id, id, position FROM events ORDER BY workspace_id, position"
        placed = connection.execute(sa.text(query)).all()
        feeds: dict[str, int] = dict(
            connection.execute(sa.text("SELECT workspace_id, position FROM event_feeds")).all()
        )
    engine.dispose()
    for workspace in ("ws_0", "ws_1"):
        found = [row for row in placed if row.workspace_id == workspace]
        expected = sorted(
            (each for each in rows if each["workspace_id"] == workspace),
            key=lambda each: (each["created_at"], each["id"]),
        )
        assert [row.id for row in found] == [each["id"] for each in expected]
        positions = [row.position for row in found]
        assert len(set(positions)) == len(positions)
        assert all(row.position >= start * 1000 for row in found)
        assert positions[-1] < (start + 10) * 1000
        assert feeds[workspace] == positions[-1]
    assert feeds.keys() == {"ws_0", "ws_1"}
