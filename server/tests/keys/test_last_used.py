"""When and from where a key was last used: known soon, at no cost to the request."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from anthyx_server import clock
from anthyx_server.limits import jobs
from server.tests.keys.answers import document, problem
from tests.support.apps import Account
from tests.support.costs import executed
from tests.support.redis import RedisServer


def flush(account: Account) -> None:
    with account.app.app_context():
        jobs.store_usage()


def shown(account: Account, key_id: str) -> dict[str, Any]:
    return document(account.get(f"/api-keys/{key_id}"))


def used_at(key: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(key["last_used_at"])


def test_a_use_is_written_by_the_job_and_not_by_the_request(account: Account) -> None:
    key = account.with_key(scopes=["brands:read"])
    assert key.get("/workspace").status_code == 200
    before = clock.now()
    with executed(account.app) as found:
        answer = key.get("/brands", environ_overrides={"REMOTE_ADDR": "192.0.2.7"})
    after = clock.now()
    assert answer.status_code == 200
    assert [text.split()[0] for text, _ in found] == ["SELECT"]
    untouched = shown(account, key.key_id)
    assert (untouched["last_used_at"], untouched["last_used_ip"]) == (None, None)
    flush(account)
    written = shown(account, key.key_id)
    assert written["last_used_ip"] == "192.0.2.7"
    assert before - timedelta(milliseconds=1) <= used_at(written) <= after
    neither = ("last_used_at", "last_used_ip")
    assert {**written, **dict.fromkeys(neither)} == untouched


def test_a_use_changes_neither_version_nor_etag(account: Account) -> None:
    path = f"/api-keys/{account.key_id}"
    tag = account.get(path).headers["ETag"]
    flush(account)
    answer = account.get(path, headers={"If-None-Match": '"0"'})
    assert document(answer)["last_used_at"] is not None
    assert answer.headers["ETag"] == tag


def test_the_latest_use_counts_and_none_is_written_twice(account: Account) -> None:
    key = account.with_key(scopes=["brands:read"])
    for last in (1, 2, 3):
        origin = {"REMOTE_ADDR": f"192.0.2.{last}"}
        assert key.get("/brands", environ_overrides=origin).status_code == 200
    flush(account)
    first = shown(account, key.key_id)
    assert first["last_used_ip"] == "192.0.2.3"
    with executed(account.app) as found:
        flush(account)
    assert [each for each in found if key.key_id in str(each)] == []
    assert shown(account, key.key_id) == first


def test_refused_requests_are_no_use_of_a_key(account: Account) -> None:
    foreign = account.with_key(ip_allowlist=["192.0.2.0/24"])
    problem(foreign.get("/workspace"), 403, "ip_not_allowed")
    revoked = account.with_key()
    assert account.delete(f"/api-keys/{revoked.key_id}").status_code == 204
    problem(revoked.get("/workspace"), 401, "api_key_revoked")
    flush(account)
    for key in (foreign, revoked):
        assert shown(account, key.key_id)["last_used_at"] is None


def test_what_redis_remembers_of_unknown_keys_is_in_nobodys_way(
    account: Account, redis_server: RedisServer
) -> None:
    with redis_server.client() as client:
        for name in ("anthyx:last_used", "anthyx:new_digests"):
            value = "1795000000 0 192.0.2.1" if name.endswith("used") else "2 digest"
            client.hset(name, "key_" + "0" * 26, value)
    assert account.get("/workspace").status_code == 200
    flush(account)
    with account.app.app_context():
        jobs.store_new_digests()
    assert shown(account, account.key_id)["last_used_ip"] == "127.0.0.1"
    with redis_server.client() as client:
        assert client.hlen("anthyx:new_digests") == 0
