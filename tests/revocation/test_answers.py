"""When revocations are answered: no earlier than they hold, also when repeated or in conflict."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import sqlalchemy as sa

from anthyx_server import clock, db, idempotency, keys
from anthyx_server.config import Settings
from anthyx_server.keys import LIFE_SECONDS, SETTLE_SECONDS
from anthyx_server.reader import Reader
from server.tests.keys.answers import document, problem
from tests.revocation.holding import SECONDS, Hold, blocked
from tests.support.apps import Account, open_app, wait_until
from tests.support.redis import RedisServer

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
AT_ONCE = 4


def test_two_keys_that_delete_each_other_do_not_deadlock(account: Account, hold: Hold) -> None:
    for _ in range(2):
        one, other = (account.with_key(scopes=["keys:write"]) for _ in range(2))
        held = [
            hold.send(one, "DELETE", f"/api-keys/{other.key_id}"),
            hold.send(other, "DELETE", f"/api-keys/{one.key_id}"),
        ]
        hold.release()
        statuses = [sent.result(SECONDS).status_code for sent in held]
        assert sorted(statuses) == [204, 401]
        survivor, gone = (one, other) if statuses[0] == 204 else (other, one)
        assert survivor.get("/workspace").status_code == 200
        problem(gone.get("/workspace"), 401, "api_key_revoked")


@on_postgresql
def test_keys_are_locked_in_the_order_of_their_ids(account: Account) -> None:
    keys = [account.with_key(scopes=["keys:write"]) for _ in range(2)]
    one, other = sorted(keys, key=lambda key: key.key_id)
    lock = sa.text("SELECT 1 FROM api_keys WHERE id = :id FOR UPDATE NOWAIT")
    with account.app.app_context():
        engine = db.db.engine
    with ThreadPoolExecutor(2) as pool, engine.connect() as connection:
        connection.execute(lock, {"id": one.key_id})
        deleting = [
            pool.submit(one.delete, f"/api-keys/{other.key_id}"),
            pool.submit(other.delete, f"/api-keys/{one.key_id}"),
        ]
        wait_until(lambda: blocked(engine) == 2, SECONDS)
        # Both wait for the first: neither holds the second, which the other would need.
        connection.execute(lock, {"id": other.key_id})
        connection.rollback()
        statuses = [done.result(SECONDS).status_code for done in deleting]
    assert sorted(statuses) == [204, 401]


def test_every_deletion_returns_only_once_it_holds(account: Account) -> None:
    key = account.with_key()

    def delete(_: int) -> float:
        started = clock.monotonic()
        assert account.delete(f"/api-keys/{key.key_id}").status_code == 204
        return clock.monotonic() - started

    with ThreadPoolExecutor(AT_ONCE) as pool:
        took = [*pool.map(delete, range(AT_ONCE)), delete(0)]
    assert min(took) >= 0.3


def test_a_replayed_deletion_waits_until_it_surely_holds(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled_after = idempotency.SETTLED_AFTER.total_seconds()
    assert settled_after > LIFE_SECONDS + SETTLE_SECONDS
    key, headers = account.with_key(), {"Idempotency-Key": "once"}
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)

    def delete() -> tuple[int, bool]:
        answer = account.delete(f"/api-keys/{key.key_id}", headers=headers)
        return answer.status_code, "Idempotency-Replayed" in answer.headers

    started = clock.monotonic()
    assert delete() == (204, False)
    assert waits == [SETTLE_SECONDS]
    assert delete() == (204, True)
    assert settled_after - (clock.monotonic() - started) <= waits[1] <= settled_after
    now = clock.now
    monkeypatch.setattr(clock, "now", lambda: now() + idempotency.SETTLED_AFTER)
    assert delete() == (204, True)
    assert len(waits) == 2, "it holds by now"


@on_sqlite
def test_a_revoker_that_cannot_reach_redis_waits_out_the_records(
    account: Account, settings: Settings, redis_server: RedisServer
) -> None:
    key = account.with_key()
    assert key.get("/workspace").status_code == 200
    unreachable = replace(settings, redis_url=f"unix://{settings.data_dir}/nothing?db=0")
    started = clock.monotonic()
    with open_app(unreachable) as app, ThreadPoolExecutor(1) as pool:
        path = f"/api-keys/{key.key_id}"
        deleting = pool.submit(replace(account, app=app).delete, path)
        while document(account.get(path))["status"] != "revoked":
            assert not deleting.done()
        # Its record is in the Redis that others reach; new ones are not made of a revoked key.
        assert key.get("/workspace").status_code == 200
        assert deleting.result(SECONDS).status_code == 204
        problem(key.get("/workspace"), 401, "api_key_revoked")
    assert clock.monotonic() - started >= 5.3


@on_sqlite
def test_a_revoked_key_is_refused_without_redis_too(
    account: Account, redis_server: RedisServer
) -> None:
    revoked, other = account.with_key(), account.with_key()
    assert revoked.get("/workspace").status_code == 200
    assert account.delete(f"/api-keys/{revoked.key_id}").status_code == 204
    redis_server.stop()
    problem(revoked.get("/workspace"), 401, "api_key_revoked")
    assert other.get("/workspace").status_code == 200


def test_a_record_that_was_read_before_the_revocation_is_not_kept(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow reader misses, reads the database, is overtaken by the revocation, then fills."""
    key = account.with_key()
    assert account.get("/workspace").status_code == 200

    def slow_find(reader: Reader, digests: dict[str, str]) -> keys.StoredKey | None:
        stored = find(reader, digests)
        monkeypatch.setattr(keys, "find", find)
        with ThreadPoolExecutor(1) as pool:
            deleting = pool.submit(account.delete, f"/api-keys/{key.key_id}")
            assert deleting.result(SECONDS).status_code == 204
        return stored

    find = keys.find
    monkeypatch.setattr(keys, "find", slow_find)
    problem(key.get("/brands"), 401, "api_key_revoked")
    problem(key.get("/workspace"), 401, "api_key_revoked")
