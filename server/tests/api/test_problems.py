"""Errors are problem documents, and say everything at once: queries, headers, defects, outages."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import DataError

from anthyx_server import errors
from anthyx_server.brands import service
from tests.support.apps import Account
from tests.support.problems import entries, problem
from tests.support.redis import RedisServer


@pytest.fixture
def account(shared_account: Account) -> Account:
    """Nothing here depends on the database."""
    return shared_account


def test_an_error_has_exactly_the_documented_shape(account: Account) -> None:
    answer = account.post("/brands", json={}, headers={"X-Request-Id": "mine"})
    assert answer.status_code == 422
    assert answer.json == {
        "type": "https://docs.useanthyx.com/errors/validation_failed",
        "title": "Validation failed",
        "status": 422,
        "detail": "The request has 1 problem: see errors.",
        "code": "validation_failed",
        "request_id": "mine",
        "errors": [
            {
                "code": "required",
                "detail": "Missing data for required field.",
                "pointer": "/name",
            }
        ],
    }


def test_every_problem_of_a_query_is_told_at_once(account: Account) -> None:
    path = "/brands?limit=0&limit=1&status=gone&sort=up&Cursor=x&%00=1&status%20=active"
    assert entries(account.get(path)) == {
        ("limit", "repeated"),
        ("status", "invalid"),
        ("sort", "invalid"),
        ("Cursor", "unknown_field"),
        ("\x00", "unknown_field"),
        ("status ", "unknown_field"),
    }


@pytest.mark.parametrize(
    "limit",
    ["", "0", "101", "-1", "1.0", "1e1", "+5", " 5", "\uff15", "9" * 400, "null", "%00"],
)
def test_limits_are_whole_numbers_from_1_to_100(account: Account, limit: str) -> None:
    assert entries(account.get(f"/brands?limit={limit.replace('+', '%2B')}")) == {
        ("limit", "invalid")
    }


def test_parameters_go_by_the_names_that_are_documented(account: Account) -> None:
    moment = "2026-11-01T00:00:00Z"
    assert account.get(f"/usage/history?from={moment}&to={moment}").status_code == 200
    assert entries(account.get(f"/usage/history?from_={moment}")) == {("from_", "unknown_field")}
    assert entries(account.get("/usage/history?from=2026-11-01")) == {("from", "invalid")}


def test_where_no_parameter_is_known_none_is_taken(account: Account) -> None:
    for path in ("/workspace?a=1", "/usage?limit=1", "/openapi.json?x=", "/api-keys/current?_=1"):
        assert {code for _, code in entries(account.get(path))} == {"unknown_field"}
    assert entries(account.post("/brands?dry_run=1", json={"name": "A"})) == {
        ("dry_run", "unknown_field")
    }


@pytest.mark.parametrize("key", ["", " ", "a b", "a" * 256, "ä", "a\tb", "\x7f"])
def test_a_wrong_header_is_named(account: Account, key: str) -> None:
    answer = account.post("/brands", json={"name": "A"}, headers={"Idempotency-Key": key})
    assert entries(answer) == {("Idempotency-Key", "invalid")}


NOWHERE = [
    "/nothing",
    "/brands/",
    "//brands",
    "/brands/%00",
    "/brands/a%00b",
    "/brands/%ff",
    "/brands/%ed%a0%80",
    "/brands/brand_",
    "/brands/brand_01m85b8621tp3njfh6qm82sfwd%0a",
    "/brands/brand_01m85b8621tp3njfh6qm82sfwl",
    "/brands/BRAND_01M85B8621TP3NJFH6QM82SFWD",
    "/brands/" + "a" * 5_000,
    "/brands/key_01m85b8621tp3njfh6qm82sfwd",
    "/api-keys/%00",
    "/brands/a/b",
]


@pytest.mark.parametrize("path", NOWHERE)
def test_what_can_not_be_an_id_is_404(account: Account, path: str) -> None:
    problem(account.get(path), 404, "not_found")


def test_ids_that_can_not_be_are_not_looked_for(account: Account) -> None:
    """PostgreSQL refuses U+0000, so that asking it would be a defect."""
    for method in ("GET", "PATCH", "DELETE"):
        answer = account.request(method, "/brands/%00", json={} if method == "PATCH" else None)
        problem(answer, 404, "not_found")


def broken(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(service, "find", fail)


BRAND = "/brands/brand_01m85b8621tp3njfh6qm82sfwd"


def test_a_defect_is_500_and_tells_nothing(
    account: Account, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    secret = DataError("SELECT secret FROM t", {"name": "a customer's"}, Exception("hidden"))
    broken(monkeypatch, secret)
    answer = account.get(BRAND)
    document = problem(answer, 500, "internal_error")
    assert answer.headers["Retry-After"] == "1"
    assert document["detail"] == "The server failed to answer; the failure was recorded."
    record = next(each for each in caplog.records if each.levelno == logging.ERROR)
    logged = logging.Formatter().format(record)
    assert "in find" in logged or "in fail" in logged, "the traceback is what mends the defect"
    assert not any(word in logged for word in ("SELECT secret", "a customer's", "hidden"))


def test_an_error_of_the_program_is_500(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(monkeypatch, RecursionError("deep"))
    answer = account.get(BRAND)
    problem(answer, 500, "internal_error")
    assert answer.headers["Retry-After"] == "1"


def test_codes_are_unique_and_statuses_are_the_contracts() -> None:
    def below(base: type[errors.ApiError]) -> list[type[errors.ApiError]]:
        return [each for sub in base.__subclasses__() for each in (sub, *below(sub))]

    found = [each for each in below(errors.ApiError) if "code" in vars(each)]
    assert len({each.code for each in found}) == len(found)
    allowed = {400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 428, 429, 500, 503}
    assert {each.status for each in found} <= allowed
    assert all(each.title and each.__doc__ for each in found)
    assert all(each.code.replace("_", "").isalpha() and each.code.islower() for each in found)


def test_health_and_readiness_need_no_key(shared_app: Flask) -> None:
    client = shared_app.test_client()
    assert client.get("/healthz").json == {"status": "ok"}
    assert client.get("/readyz").json == {"status": "ok", "database": "ok", "redis": "ok"}


def test_a_missing_redis_is_only_reported(app: Flask, redis_server: RedisServer) -> None:
    redis_server.stop()
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.json) == (
        200,
        {"status": "ok", "database": "ok", "redis": "degraded"},
    )
