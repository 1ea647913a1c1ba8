"""What a request consumes: one past the gate, whatever comes of it; nothing before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update
from werkzeug.test import TestResponse

from anthyx_server import clock, db
from anthyx_server.keys import ApiKey
from anthyx_server.keys.secret import mint
from server.tests.limits.windows import Windows
from tests.support.apps import Account, make_account

Call = Callable[[Account], TestResponse]


def _posted(data: bytes | str, content_type: str = "application/json") -> Call:
    return lambda account: account.post("/brands", data=data, content_type=content_type)


COUNTED: dict[str, tuple[int, Call]] = {
    "a read": (200, lambda account: account.get("/brands")),
    "a write": (201, lambda account: account.post("/brands", json={"name": "Acme"})),
    "events": (200, lambda account: account.get("/events")),
    "history of usage": (200, lambda account: account.get("/usage/history")),
    "malformed JSON": (400, _posted("{")),
    "a cursor that is none": (400, lambda account: account.get("/brands?cursor=x")),
    "an id that is not there": (404, lambda account: account.get("/brands/brand_x")),
    "a path that is not there": (404, lambda account: account.get("/nothing")),
    "a method that is not there": (405, lambda account: account.post("/workspace")),
    "a body that is too large": (413, _posted("x" * 1_000_001)),
    "a body of another type": (415, _posted("name=Acme", "text/plain")),
    "a body that is wrong": (422, lambda account: account.post("/brands", json={})),
    "a parameter that is unknown": (422, lambda account: account.get("/brands?x=1")),
}
NOT_COUNTED: dict[str, Call] = {
    "usage": lambda account: account.get("/usage"),
    "the current key": lambda account: account.get("/api-keys/current"),
    "a poll for events": lambda account: account.get("/events?after=oldest"),
    "usage, wrongly asked": lambda account: account.get("/usage?x=1"),
}


@pytest.mark.parametrize("name", COUNTED)
def test_past_the_gate_everything_counts_one(starter: Account, windows: Windows, name: str) -> None:
    status, call = COUNTED[name]
    assert call(starter).status_code == status
    assert windows.used(starter) == (1, 1)


def test_a_missing_scope_and_a_full_plan_count_one(starter: Account, windows: Windows) -> None:
    reader = starter.with_key(scopes=["brands:read"])
    refused = reader.post("/brands", json={"name": "Acme"})
    assert (refused.status_code, refused.get_json()["code"]) == (403, "insufficient_scope")
    assert windows.used(reader) == (1, 1)
    for _ in range(3):
        assert starter.post("/api-keys", json={"name": "One more"}).status_code == 201
    full = starter.post("/api-keys", json={"name": "One too many"})
    assert (full.status_code, full.get_json()["code"]) == (403, "plan_limit_reached")
    assert windows.used(starter) == (4, 4)


@pytest.mark.parametrize("name", NOT_COUNTED)
def test_some_reads_count_nothing_and_answer_when_all_is_used_up(
    starter: Account, windows: Windows, name: str
) -> None:
    status = 422 if "wrongly" in name else 200
    assert NOT_COUNTED[name](starter).status_code == status
    assert windows.ends(starter) == (0, 0)
    windows.use(starter, minute=60, day=5_000)
    answer = NOT_COUNTED[name](starter)
    assert answer.status_code == status
    assert "Retry-After" not in answer.headers
    assert answer.headers["X-RateLimit-Remaining"] == "0"
    assert windows.used(starter) == (60, 5_000)


def test_revoking_the_own_key_counts_and_waits_for_the_window(
    starter: Account, windows: Windows
) -> None:
    windows.use(starter, minute=60, day=60)
    assert starter.delete("/api-keys/current").status_code == 429
    windows.use(starter, minute=59, day=59)
    assert starter.delete("/api-keys/current").status_code == 204
    assert windows.used(starter) == (60, 60)


def test_what_fails_to_authenticate_counts_nothing(
    starter: Account, app: Flask, windows: Windows
) -> None:
    deleted, expired = starter.with_key(), starter.with_key()
    starter.delete(f"/api-keys/{deleted.key_id}")
    past = clock.now() - timedelta(seconds=1)
    with app.app_context(), db.transaction():
        db.db.session.execute(
            update(ApiKey).where(ApiKey.id == expired.key_id), {"expires_at": past}
        )
    windows.use(starter, minute=1, day=1)
    broken = starter.token[:-1] + ("0" if starter.token[-1] != "0" else "1")
    codes: dict[str, Any] = {
        "invalid_api_key": [
            starter.get("/brands", token=token) for token in (broken, mint("live"))
        ],
        "api_key_revoked": [deleted.get("/brands") for _ in range(2)],
        "api_key_expired": [expired.get("/brands") for _ in range(2)],
        "missing_api_key": [app.test_client().get("/v1/brands")],
    }
    for code, answers in codes.items():
        for answer in answers:
            assert (answer.status_code, answer.get_json()["code"]) == (401, code)
    assert windows.used(starter) == (1, 1)
    assert windows.ends(deleted) == windows.ends(expired) == (0, 0)


def test_a_foreign_address_counts_nothing_also_when_all_is_used_up(
    starter: Account, windows: Windows
) -> None:
    listed = starter.with_key(ip_allowlist=["192.0.2.0/24", "2001:db8::/32"])
    for address in ("192.0.3.1", "2001:db9::1", "::ffff:192.0.3.1", "not-an-address"):
        answer = listed.get("/brands", environ_overrides={"REMOTE_ADDR": address})
        assert (answer.status_code, answer.get_json()["code"]) == (403, "ip_not_allowed")
    assert windows.ends(listed) == (0, 0)
    for address in ("192.0.2.9", "::ffff:192.0.2.9", "2001:db8:1::1"):
        answer = listed.get("/brands", environ_overrides={"REMOTE_ADDR": address})
        assert answer.status_code == 200
    assert windows.used(listed) == (3, 3)
    windows.use(listed, minute=60, day=60)
    assert listed.get("/brands").status_code == 403


def test_a_refused_request_counts_nothing(starter: Account, windows: Windows) -> None:
    windows.use(starter, minute=59, day=100)
    assert [starter.get("/brands").status_code for _ in range(4)] == [200, 429, 429, 429]
    assert windows.used(starter) == (60, 101)


@pytest.mark.parametrize("path", ["/nothing", "/nothing/at/all"])
def test_a_path_that_is_not_there_is_refused_too(
    starter: Account, windows: Windows, path: str
) -> None:
    windows.use(starter, minute=60, day=60)
    for method in ("GET", "POST", "DELETE"):
        answer = starter.request(method, path)
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
    assert starter.post("/workspace").status_code == 429  # a method that is not there


def test_probes_of_health_count_nothing(app: Flask, windows: Windows) -> None:
    account = make_account(app, "free")
    headers = {"Authorization": f"Bearer {account.token}"}
    for path in ("/healthz", "/readyz", "/v1/openapi.json", "/elsewhere"):
        app.test_client().get(path, headers=headers)
    assert windows.ends(account) == (0, 0)
