"""Listing keys: order, pages, filters by status, and what a key says while it ends."""

from __future__ import annotations

from datetime import timedelta
from itertools import chain

import pytest

from anthyx_server import clock
from server.tests.keys.answers import document, problem
from server.tests.keys.passing import set_end
from tests.support.apps import Account
from tests.support.costs import executed

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def ids(account: Account, query: str = "") -> list[str]:
    return [key["id"] for key in document(account.get(f"/api-keys{query}"))["data"]]


def test_keys_are_listed_newest_first_in_pages(account: Account) -> None:
    made = [account.key_id, *(account.with_key(name=str(number)).key_id for number in range(4))]
    seen, query = [], "?limit=2"
    while True:
        page = document(account.get(f"/api-keys{query}"))
        seen += [key["id"] for key in page["data"]]
        if not page["has_more"]:
            break
        account.with_key()  # newer than the cursor: neither shown nor in the way
        query = f"?limit=2&cursor={page['next_cursor']}"
    assert page["next_cursor"] is None
    assert seen == made[::-1]
    assert all("secret" not in key for key in page["data"])


def test_a_cursor_belongs_to_its_filter_and_workspace(
    account: Account, other_account: Account
) -> None:
    for _ in range(2):
        account.with_key()
    cursor = document(account.get("/api-keys?limit=1&status=active"))["next_cursor"]
    assert document(account.get(f"/api-keys?limit=2&status=active&cursor={cursor}"))["data"]
    for stranger, query in [
        (account, f"?cursor={cursor}"),
        (account, f"?status=revoked&cursor={cursor}"),
        (account.with_key(mode="test"), f"?status=active&cursor={cursor}"),
        (other_account, f"?status=active&cursor={cursor}"),
        (account, "?cursor=nonsense"),
    ]:
        problem(stranger.get(f"/api-keys{query}"), 400, "invalid_cursor")


@on_sqlite
@pytest.mark.parametrize("query", ["status=dead", "status=", "limit=0", "limit=101", "mode=live"])
def test_a_wrong_parameter_is_named(account: Account, query: str) -> None:
    (entry,) = problem(account.get(f"/api-keys?{query}"), 422, "validation_failed")["errors"]
    assert entry["parameter"] == query.partition("=")[0]


def test_a_status_lists_the_keys_that_show_it(account: Account) -> None:
    distant, soon = (clock.now() + timedelta(days=days) for days in (8, 6))
    forever = account.with_key().key_id
    lasting = account.with_key(expires_at=distant).key_id
    ending = account.with_key(expires_at=soon).key_id
    over = account.with_key(expires_at=soon).key_id
    set_end(account, over, timedelta(days=-1))
    deleted = account.with_key(expires_at=soon).key_id
    assert account.delete(f"/api-keys/{deleted}").status_code == 204
    set_end(account, deleted, timedelta(days=-1))
    replaced = account.with_key().key_id
    body = {"overlap_seconds": 604_800}
    rotated = document(account.post(f"/api-keys/{replaced}/rotate", json=body), 201)
    expected = {
        "active": [rotated["id"], lasting, forever, account.key_id],
        "expiring": [replaced, ending],
        "expired": [over],
        "revoked": [deleted],
    }
    for status, keys in expected.items():
        assert ids(account, f"?status={status}") == keys
        for key_id in keys:
            assert document(account.get(f"/api-keys/{key_id}"))["status"] == status
    assert sorted(ids(account)) == sorted(chain(*expected.values()))


def test_an_answer_is_not_unchanged_once_time_changed_the_status(account: Account) -> None:
    key_id = account.with_key(expires_at=clock.now() + timedelta(days=8)).key_id
    path = f"/api-keys/{key_id}"
    tag = account.get(path).headers["ETag"]
    assert account.get(path, headers={"If-None-Match": tag}).status_code == 304
    set_end(account, key_id, timedelta(days=6))
    answer = account.get(path, headers={"If-None-Match": tag})
    assert document(answer)["status"] == "expiring"
    assert answer.headers["ETag"] != tag


def test_a_list_costs_one_statement_however_long_it_is(account: Account) -> None:
    account.get("/api-keys")
    with executed(account.app) as for_one:
        account.get("/api-keys")
    for _ in range(9):
        account.with_key()
    with executed(account.app) as for_ten:
        assert len(ids(account)) == 10
    assert len(for_ten) == len(for_one) == 1


def test_a_list_needs_keys_read(account: Account) -> None:
    caller = account.with_key(scopes=["keys:write", "brands:read"])
    for path in ("/api-keys", f"/api-keys/{account.key_id}"):
        told = problem(caller.get(path), 403, "insufficient_scope")
        assert told["required_scopes"] == ["keys:read"]
