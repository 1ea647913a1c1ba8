"""The plan's cap on keys: what counts, and that it is exact whoever creates at once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from flask import Flask

from anthyx_server import db, workspaces
from anthyx_server.keys import ApiKey
from anthyx_server.limits import announce_plan
from server.tests.keys.answers import document, problem
from server.tests.keys.passing import set_end
from tests.support.apps import Account, make_account


def create(account: Account) -> int:
    return account.post("/api-keys", json={"name": "One more"}).status_code


def used(account: Account) -> int:
    count = document(account.get("/usage"))["api_keys"]["used"]
    assert isinstance(count, int)
    return count


@pytest.mark.parametrize(("plan", "cap"), [("free", 5), ("starter", 5), ("growth", 20)])
def test_a_plan_allows_so_many_keys_and_no_more(app: Flask, plan: str, cap: int) -> None:
    account = make_account(app, plan)
    for count in range(2, cap + 1):
        assert create(account) == 201
        assert used(account) == count
    refused = account.post("/api-keys", json={"name": "One more"})
    assert str(cap) in problem(refused, 403, "plan_limit_reached")["detail"]
    assert "X-RateLimit-Limit" in refused.headers
    assert document(account.get("/usage"))["api_keys"] == {"used": cap, "limit": cap}


def test_agency_has_no_cap(account: Account) -> None:
    for _ in range(21):
        assert create(account) == 201
    assert document(account.get("/usage"))["api_keys"] == {"used": 22, "limit": None}


def test_keys_of_both_modes_count_and_those_that_are_over_do_not(app: Flask) -> None:
    account = make_account(app, "starter")
    keys = [account.with_key(mode=mode) for mode in ("test", "live", "live", "live")]
    assert create(account) == create(keys[0]) == 403
    assert account.delete(f"/api-keys/{keys[1].key_id}").status_code == 204
    assert create(account) == 201
    assert create(account) == 403
    assert keys[0].delete("/api-keys/current").status_code == 204
    ending = account.with_key().key_id
    set_end(account, ending, timedelta(hours=1))
    assert (used(account), create(account)) == (5, 403)
    set_end(account, ending, timedelta(0))
    assert (used(account), create(account)) == (4, 201)
    assert create(account) == 403
    rotated = document(account.post(f"/api-keys/{keys[2].key_id}/rotate"), 201)
    assert used(account) == 5
    assert account.delete(f"/api-keys/{rotated['id']}").status_code == 204
    assert (used(account), create(account), create(account)) == (4, 201, 403)


def test_a_smaller_plan_revokes_nothing_and_bars_new_keys(app: Flask) -> None:
    account = make_account(app, "growth")
    keys = [account.with_key() for _ in range(6)]
    with app.app_context(), db.transaction():
        announce_plan(workspaces.change_plan(account.workspace_id, "starter"))
    assert [key.get("/workspace").status_code for key in keys] == [200] * 6
    assert create(account) == 403
    assert document(account.get("/usage"))["api_keys"] == {"used": 7, "limit": 5}


def test_the_cap_is_exact_among_threads(app: Flask) -> None:
    account = make_account(app, "starter")
    assert create(account) == 201
    start = Barrier(6)

    def create_at_once(_: int) -> int:
        start.wait()
        return create(account)

    with ThreadPoolExecutor(6) as pool:
        assert Counter(pool.map(create_at_once, range(6))) == {201: 3, 403: 3}
    assert used(account) == 5
    with app.app_context():
        assert db.db.session.query(ApiKey).count() == 5
