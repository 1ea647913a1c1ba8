"""Idempotency keys under concurrency and crashes: threads, processes, power cuts."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from flask import Flask
from werkzeug.test import TestResponse

from anthyx_server import db
from anthyx_server.config import Settings
from server.tests.api import crashing
from tests.support.apps import (
    Account,
    environment,
    make_account,
    make_settings,
    open_app,
    running_server,
    wait_until,
)
from tests.support.problems import problem

KEY = {"Idempotency-Key": "together"}


def make(account: Account) -> TestResponse:
    return account.post("/brands", json={"name": "Acme"}, headers=KEY)


def make_in_thread(account: Account) -> TestResponse:
    try:
        return make(account)
    finally:
        account.app.extensions["anthyx_redis"].close()  # this thread's connection


def brands(account: Account) -> list[dict[str, object]]:
    page = account.get("/brands").json
    assert page is not None
    return list(page["data"])


@pytest.fixture
def impatient_app(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """An application that waits for locks for a second, not for five."""
    monkeypatch.setattr(db, "_LOCK_WAIT_SECONDS", 1)
    with open_app(settings) as app:
        yield app


class Gate:
    """Holds the first transaction that is about to commit, until it is opened."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.opened = threading.Event()

    def __call__(self, _session: object) -> None:
        """Wait, the first time."""
        if not self.reached.is_set():
            self.reached.set()
            self.opened.wait(30)


@pytest.fixture
def gate() -> Iterator[Gate]:
    held = Gate()
    with db.committing.connected_to(held):
        yield held
    held.opened.set()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(12) as executor:
        yield executor


def test_threads_with_one_key_make_one_change(account: Account, pool: ThreadPoolExecutor) -> None:
    answers = list(pool.map(make_in_thread, [account] * 12))
    made = [answer for answer in answers if answer.status_code == 201]
    for answer in answers:
        if answer.status_code != 201:
            problem(answer, 409, "idempotency_in_progress")
            assert answer.headers["Retry-After"] == "1"
    assert len({answer.get_data() for answer in made}) == 1
    assert sum("Idempotency-Replayed" not in answer.headers for answer in made) == 1
    assert len(brands(account)) == 1


def test_one_waiter_replays_and_the_others_are_told_to_come_again(
    postgresql_url: str, redis_url: str, tmp_path: Path, gate: Gate, pool: ThreadPoolExecutor
) -> None:
    with open_app(make_settings(tmp_path, postgresql_url, redis_url)) as app:
        gate.reached.set()
        account = make_account(app)
        gate.reached.clear()
        first = pool.submit(make_in_thread, account)
        assert gate.reached.wait(20)
        waiting = pool.submit(make_in_thread, account)
        wait_until(lambda: locks_awaited(app) == 1, 20)
        for _ in range(3):
            answer = make(account)
            problem(answer, 409, "idempotency_in_progress")
            assert answer.headers["Retry-After"] == "1"
        other = account.post("/brands", json={"name": "B"}, headers={"Idempotency-Key": "other"})
        assert other.status_code == 201, "another key is not held up"
        gate.opened.set()
        assert first.result(20).status_code == 201
        replayed = waiting.result(20)
        assert replayed.headers["Idempotency-Replayed"] == "true"
        assert replayed.get_data() == first.result().get_data()


def locks_awaited(app: Flask) -> int:
    with app.app_context(), db.db.engine.connect() as connection:
        query = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        return int(connection.exec_driver_sql(query).scalar() or 0)


def test_waiting_ends(impatient_app: Flask, gate: Gate, pool: ThreadPoolExecutor) -> None:
    gate.reached.set()
    account = make_account(impatient_app)
    gate.reached.clear()
    first = pool.submit(make_in_thread, account)
    assert gate.reached.wait(20)
    answer = make(account)
    assert answer.headers["Retry-After"] == "1"
    if impatient_app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite"):
        # SQLite knows one writer, and not whose key it is.
        problem(answer, 503, "unavailable")
    else:
        problem(answer, 409, "idempotency_in_progress")
    gate.opened.set()
    assert first.result(20).status_code == 201
    assert make(account).headers["Idempotency-Replayed"] == "true"


def test_a_refused_commit_leaves_nothing_and_the_key_can_be_used(account: Account) -> None:
    def refuse(_session: object) -> None:
        raise RuntimeError("not now")

    with db.committing.connected_to(refuse):
        problem(make(account), 500, "internal_error")
    assert brands(account) == []
    assert make(account).status_code == 201


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_crash_leaves_both_or_neither(account: Account, settings: Settings, moment: str) -> None:
    command = [sys.executable, crashing.__file__, moment, account.token, KEY["Idempotency-Key"]]
    died = subprocess.run(command, env=environment(settings), check=False)
    assert died.returncode == 9
    assert len(brands(account)) == (0 if moment == "before" else 1)
    answer = make(account)
    assert answer.status_code == 201
    assert ("Idempotency-Replayed" in answer.headers) is (moment == "after")
    assert len(brands(account)) == 1


@pytest.mark.enable_socket
def test_processes_with_one_key_make_one_change(
    account: Account, settings: Settings, pool: ThreadPoolExecutor
) -> None:
    headers = {**KEY, "Authorization": f"Bearer {account.token}"}

    def post(url: str) -> requests.Response:
        return requests.post(url, json={"name": "Acme"}, headers=headers, timeout=30)

    with running_server(settings, workers=3) as url:
        answers = list(pool.map(post, [f"{url}/v1/brands"] * 24))
    statuses = Counter(answer.status_code for answer in answers)
    assert statuses.keys() <= {201, 409}
    made = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.content for answer in made}) == 1
    assert sum("Idempotency-Replayed" not in answer.headers for answer in made) == 1
    codes = {answer.json()["code"] for answer in answers if answer.status_code == 409}
    assert codes <= {"idempotency_in_progress"}
    assert len(brands(account)) == 1
