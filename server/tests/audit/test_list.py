"""`GET /v1/audit-log`: who may read it, what it shows, its filters, and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from anthyx_server import audit, clock, db
from anthyx_server.tenancy import Actor
from server.tests.audit.chains import entries, note
from tests.support.apps import Account, make_account, make_settings, open_app
from tests.support.costs import executed, plan
from tests.support.problems import problem

CSV = {"Accept": "text/csv"}


def page(account: Account, query: str = "") -> dict[str, Any]:
    answer = account.get(f"/audit-log{query}")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    document: dict[str, Any] = answer.get_json()
    return document


def targets(account: Account, query: str) -> list[str]:
    return [entry["target"]["id"] for entry in page(account, query)["data"]]


def table(answer: TestResponse) -> list[list[str]]:
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    return list(csv.reader(io.StringIO(answer.get_data(as_text=True), newline="")))


def test_an_entry_shows_all_there_is(account: Account) -> None:
    made = account.post(
        "/api-keys",
        json={"name": "New"},
        headers={"X-Request-Id": "mine"},
        environ_overrides={"REMOTE_ADDR": "192.0.2.7"},
    ).get_json()
    stored = entries(account.app, account.workspace_id)[-1]
    assert page(account)["data"][0] == {
        "id": stored.id,
        "number": 2,
        "action": "api_key.created",
        "actor": {"type": "api_key", "id": account.key_id, "name": "A key"},
        "target": {"type": "api_key", "id": made["id"]},
        "detail": {"name": "New"},
        "address": "192.0.2.7",
        "request_id": "mine",
        "created_at": clock.rfc3339(stored.created_at),
        "hash": stored.hash,
    }


def test_it_is_counted_and_newest_first_in_pages(account: Account) -> None:
    note(account, *"abcd")
    used = account.get("/usage").get_json()["windows"][0]["used"]
    first = page(account, "?limit=3")
    note(account, "later")
    second = page(account, f"?limit=3&cursor={first['next_cursor']}")
    assert [entry["number"] for entry in first["data"] + second["data"]] == [5, 4, 3, 2, 1]
    assert (first["has_more"], second["has_more"]) == (True, False)
    assert account.get("/usage").get_json()["windows"][0]["used"] == used + 2
    problem(
        account.get(f"/audit-log?action=x&cursor={first['next_cursor']}"), 400, "invalid_cursor"
    )


def test_a_mode_sees_its_own(account: Account, other_account: Account) -> None:
    test_mode = account.with_key(mode="test")
    note(account, "live one")
    note(test_mode, "test one")
    note(other_account, "elsewhere")
    assert targets(account, "") == ["live one", account.key_id]
    assert targets(test_mode, "") == ["test one", test_mode.key_id]
    assert [entry["number"] for entry in page(test_mode)["data"]] == [4, 2]


def test_it_needs_its_scope_and_all_brands(account: Account) -> None:
    bare = account.with_key(scopes=["keys:read"])
    refused = problem(bare.get("/audit-log"), 403, "insufficient_scope")
    assert refused["required_scopes"] == ["audit:read"]
    brand = account.post("/brands", json={"name": "Acme"}).get_json()["id"]
    restricted = account.with_key(scopes=["audit:read"], brand_ids=[brand])
    for headers in ({}, CSV):
        answer = restricted.get("/audit-log", headers=headers)
        assert "restricted to brands" in problem(answer, 403, "insufficient_scope")["detail"]


def test_filters(account: Account) -> None:
    ada = account.caller._replace(actor=Actor("user", "usr_ada", "Ada"))
    note(account, "a", "b")
    note(account, "c", caller=ada)
    with account.app.app_context(), db.transaction():
        audit.record(account.caller, "other.done", "other", "d")
    moments = [e.created_at for e in entries(account.app, account.workspace_id)]
    assert targets(account, "?action=other.done") == ["d"]
    assert targets(account, "?action=thing.done&limit=2") == ["c", "b"]
    assert targets(account, "?actor_id=usr_ada") == ["c"]
    assert targets(account, "?target_type=thing&target_id=a") == ["a"]
    assert targets(account, "?target_type=other&target_id=a") == []
    assert targets(account, "?action=thing.done&actor_id=usr_ada&target_id=b") == []
    last = clock.rfc3339(moments[-1])
    assert targets(account, f"?created_after={last}")[0] == "d"
    assert "d" not in targets(account, f"?created_before={last}")
    far = "?created_after=2001-01-01T00:00:00%2B02:00&created_before=2101-01-01T00:00:00Z"
    assert len(targets(account, far)) == 5


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("action=", "action"),
        (f"target_id={'x' * 101}", "target_id"),
        ("actor_id=a%00b", "actor_id"),
        ("created_after=2026-11-25", "created_after"),
        ("created_after=2026-11-25T00:00:00Z&created_before=2026-11-25T00:00:00Z", "created_after"),
        ("limit=101", "limit"),
        ("brand_id=brand_1", "brand_id"),
    ],
)
def test_what_can_not_be_asked_for(account: Account, query: str, parameter: str) -> None:
    document = problem(account.get(f"/audit-log?{query}"), 422, "validation_failed")
    assert [error["parameter"] for error in document["errors"]] == [parameter]


def test_csv_holds_what_json_holds(account: Account) -> None:
    note(account, "a")
    entry = page(account, "?limit=1")["data"][0]
    answer = account.get("/audit-log?limit=1", headers=CSV)
    header, line = table(answer)
    assert dict(zip(header, line, strict=True)) == {
        "id": entry["id"],
        "number": "2",
        "created_at": entry["created_at"],
        "action": "thing.done",
        "actor_type": "system",
        "actor_id": "",
        "actor_name": "anthyx-server",
        "target_type": "thing",
        "target_id": "a",
        "detail": '{"of":"a"}',
        "address": "",
        "request_id": "",
        "hash": entry["hash"],
    }
    assert answer.headers["Vary"] == account.get("/audit-log").headers["Vary"] == "Accept"
    assert answer.headers["X-RateLimit-Limit"] == "1000"


def test_csv_has_pages_too(account: Account) -> None:
    note(account, "a", "b")
    first = account.get("/audit-log?limit=2", headers=CSV)
    cursor = first.headers["X-Next-Cursor"]
    last = account.get(f"/audit-log?limit=2&cursor={cursor}", headers=CSV)
    assert [line[1] for line in table(first)[1:] + table(last)[1:]] == ["3", "2", "1"]
    assert cursor == page(account, "?limit=2")["next_cursor"]
    assert "X-Next-Cursor" not in last.headers
    assert len(table(account.get("/audit-log?action=nothing", headers=CSV))) == 1


def test_csv_runs_nothing(account: Account) -> None:
    evil = Actor("user", "usr_1", '=HYPERLINK("https://evil.example")')
    note(account, "+1", caller=account.caller._replace(actor=evil))
    header, line = table(account.get("/audit-log?limit=1", headers=CSV))
    row = dict(zip(header, line, strict=True))
    assert row["actor_name"] == """'=HYPERLINK("https://evil.example")"""
    assert row["target_id"] == "'+1"


def test_errors_stay_problem_documents(account: Account) -> None:
    problem(account.get("/audit-log?limit=0", headers=CSV), 422, "validation_failed")


def test_other_lists_have_no_csv(account: Account) -> None:
    answer = account.get("/brands", headers=CSV)
    assert answer.headers["Content-Type"] == "application/json"
    assert "Vary" not in answer.headers


@pytest.fixture
def sqlite_account(sqlite_url: str, redis_url: str, tmp_path: Path) -> Iterator[Account]:
    with open_app(make_settings(tmp_path, sqlite_url, redis_url)) as app:
        yield make_account(app)


def test_a_page_is_found_by_an_index(sqlite_account: Account) -> None:
    for query in ("", "?action=a", "?actor_id=a", "?target_id=a"):
        page(sqlite_account, query)
        with executed(sqlite_account.app) as found:
            page(sqlite_account, query)
        (statement,) = found
        steps = " ".join(plan(sqlite_account.app, statement))
        assert "SEARCH audit_entries USING INDEX" in steps, query
        assert "TEMP B-TREE" not in steps, query
