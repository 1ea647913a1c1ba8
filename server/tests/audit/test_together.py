"""Chains while several write: no gap, no fork, no deadlock, and no waiting for strangers."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from anthyx_server import db, events
from anthyx_server.config import Settings
from anthyx_server.keys import standing
from anthyx_server.workspaces import create_workspace
from server.tests.audit.chains import entries, note, verdict
from tests.support.apps import (
    Account,
    environment,
    make_account,
    make_settings,
    open_app,
    wait_until,
)

RECORDING = Path(__file__).with_name("recording.py")
COUNT = 15


def record_at_once(settings: Settings, *arguments: list[str]) -> None:
    """Run one process for each list of arguments, all of them at once."""
    started = [
        subprocess.Popen(
            [sys.executable, str(RECORDING), str(COUNT), *each],
            env=environment(settings),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for each in arguments
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", process.communicate()[1]
    for process in started:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    errors = [process.communicate(timeout=50)[1] for process in started]
    assert [process.returncode for process in started] == [0] * len(started), errors


def test_processes_share_a_chain(app: Flask, settings: Settings) -> None:
    """Two workspaces in each transaction, named in both orders: whoever locks is never locked."""
    one, other = make_account(app), make_account(app)
    ids = [one.workspace_id, other.workspace_id]
    record_at_once(settings, ["live", *ids], ["test", *ids[::-1]])
    for account in (one, other):
        found = entries(app, account.workspace_id)
        assert [entry.number for entry in found] == list(range(1, 2 * COUNT + 2))
        assert {entry.mode for entry in found} == {"live", "test"}
        assert verdict(account).wrong is None


def test_processes_begin_a_chain(app: Flask, settings: Settings) -> None:
    with app.app_context(), db.transaction():
        workspace_id = create_workspace("New", "free", "owner@example.com").workspace.id
    record_at_once(settings, ["live", workspace_id], ["live", workspace_id])
    found = entries(app, workspace_id)
    assert [entry.number for entry in found] == list(range(1, 2 * COUNT + 1))


@pytest.fixture
def postgres_app(postgresql_url: str, redis_url: str, tmp_path: Path) -> Iterator[Flask]:
    with open_app(make_settings(tmp_path, postgresql_url, redis_url)) as app:
        yield app


class Held:
    """Holds the first transaction that comes by, until it is released."""

    def __init__(self) -> None:
        self.reached, self.released = threading.Event(), threading.Event()

    def __call__(self, _session: object) -> None:
        """Wait, the first time."""
        if not self.reached.is_set():
            self.reached.set()
            self.released.wait(30)


def waiting(app: Flask) -> int:
    with app.app_context(), db.db.engine.connect() as connection:
        query = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        return int(connection.exec_driver_sql(query).scalar() or 0)


def test_workspaces_do_not_wait_for_each_other(postgres_app: Flask) -> None:
    mine, other = make_account(postgres_app), make_account(postgres_app)
    held = Held()
    sa.event.listen(db.db.session, "before_commit", held)
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(note, mine, "first")
        assert held.reached.wait(20)
        pool.submit(note, other, "elsewhere").result(20)
        second = pool.submit(note, mine, "second")
        wait_until(lambda: waiting(postgres_app) == 1, 20)
        held.released.set()
        first.result(20)
        second.result(20)
    sa.event.remove(db.db.session, "before_commit", held)
    found = [entry.target_id for entry in entries(postgres_app, mine.workspace_id)]
    assert found[1:] == ["first", "second"]


def test_the_head_is_locked_after_the_keys(
    postgres_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A revoker holds the key's row and needs the head; a write must not hold it and wait."""
    monkeypatch.setattr(standing, "SETTLE_SECONDS", 0)
    revoker = make_account(postgres_app)
    doomed = revoker.with_key()
    held = Held()

    def send(account: Account, method: str, path: str, body: object = None) -> int:
        try:
            return account.request(method, path, json=body).status_code
        finally:
            postgres_app.extensions["anthyx_redis"].close()  # this thread's connection

    # The revoker has locked the keys, and tells what it does, as it is held.
    with events.published.connected_to(held), ThreadPoolExecutor(2) as pool:
        revocation = pool.submit(send, revoker, "DELETE", f"/api-keys/{doomed.key_id}")
        assert held.reached.wait(20)
        write = pool.submit(send, doomed, "POST", "/api-keys", {"name": "Too late"})
        wait_until(lambda: waiting(postgres_app) == 1, 20)
        held.released.set()
        assert revocation.result(20) == 204
        assert write.result(20) == 401
    actions = [entry.action for entry in entries(postgres_app, revoker.workspace_id)]
    assert actions == ["api_key.created", "api_key.created", "api_key.revoked"]
