"""What wraps every request: methods, request ids, security headers, the redirect to HTTPS."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from anthyx_server.config import Settings
from tests.support.apps import Account, make_account, open_app
from tests.support.problems import problem

PUBLIC = "https://api.example.com"


@pytest.fixture
def account(shared_account: Account) -> Account:
    """Nothing here depends on the database."""
    return shared_account


def test_an_unknown_method_is_405_and_names_the_others(account: Account) -> None:
    key = f"/api-keys/{account.key_id}"
    for path, allowed in {
        "/brands": "GET, HEAD, POST",
        "/brands/brand_01m85b8621tp3njfh6qm82sfwd": "DELETE, GET, HEAD, PATCH",
        "/brands/brand_01m85b8621tp3njfh6qm82sfwd/archive": "POST",
        "/workspace": "GET, HEAD",
        "/api-keys/current": "DELETE, GET, HEAD",
        key: "DELETE, GET, HEAD, PATCH",
    }.items():
        for method in ("OPTIONS", "PUT", "TRACE", "PROPFIND", "DELETE", "PATCH"):
            if method not in allowed:
                answer = account.request(method, path)
                problem(answer, 405, "method_not_allowed")
                assert answer.headers["Allow"] == allowed


def test_methods_that_are_not_answered_need_a_key_too(shared_app: Flask) -> None:
    answer = shared_app.test_client().options("/v1/brands")
    problem(answer, 401, "missing_api_key")


def test_head_is_get_without_the_body(account: Account) -> None:
    account.post("/brands", json={"name": "A"})
    got, head = account.get("/brands"), account.request("HEAD", "/brands")
    assert (head.status_code, head.get_data()) == (200, b"")
    assert head.headers["Content-Type"] == got.headers["Content-Type"] == "application/json"
    assert head.headers["Content-Length"] == got.headers["Content-Length"]


@pytest.mark.parametrize("given", ["a", "x" * 128, "!~", "trace-7f/b=c;d,e"])
def test_a_callers_own_request_id_is_kept(account: Account, given: str) -> None:
    assert account.get("/usage", headers={"X-Request-Id": given}).headers["X-Request-Id"] == given


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, "ä", "a\tb"])
def test_another_one_is_replaced(account: Account, given: str) -> None:
    seen = {
        account.get("/usage", headers={"X-Request-Id": given}).headers["X-Request-Id"]
        for _ in range(2)
    }
    assert len(seen) == 2
    assert all(each.startswith("req_") and len(each) == 28 for each in seen)


def everything(account: Account) -> Iterator[TestResponse]:
    client = account.app.test_client()
    yield account.get("/brands")
    yield account.post("/brands", json={"name": "Acme"})
    yield account.post("/brands", json={})
    yield account.get("/nothing")
    yield account.request("OPTIONS", "/brands", headers={"Origin": "https://evil.example"})
    yield account.get("/brands", headers={"Origin": "https://evil.example", "Cookie": "session=1"})
    yield client.get("/v1/brands")
    yield client.get("/v1/openapi.json")
    yield client.get("/healthz")
    yield client.get("/readyz")
    yield client.get("/nothing")


def test_no_answer_sets_a_cookie_or_shares_across_origins(account: Account) -> None:
    for answer in everything(account):
        assert "Set-Cookie" not in answer.headers
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Request-Id"]


def test_nothing_is_kept_by_caches_that_others_share(account: Account) -> None:
    assert account.get("/brands").headers["Cache-Control"] == "private, no-cache"
    made = account.post("/api-keys", json={"name": "A"})
    assert made.headers["Cache-Control"] == "no-store"
    assert made.json is not None
    assert made.json["secret"].startswith("anthyx_live_")
    assert account.get("/nothing").headers["Cache-Control"] == "no-store"


def test_plain_http_is_served_where_https_is_not_required(account: Account) -> None:
    assert "Strict-Transport-Security" not in account.get("/brands").headers


@pytest.fixture(scope="module")
def hosted(shared_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An application as it runs behind a proxy that ends TLS."""
    settings = replace(shared_settings, public_url=PUBLIC, require_https=True)
    with open_app(replace(settings, data_dir=Path(tmp_path_factory.mktemp("hosted")))) as opened:
        yield opened


TARGETS = {
    "/v1/brands": "/v1/brands",
    "/v1/brands?limit=5&cursor=a%2Fb": "/v1/brands?limit=5&cursor=a%2Fb",
    "/": "/",
    "/v1/%00?%ff": "/v1/%00?%ff",
    "//evil.example/v1": "//evil.example/v1",
    "/\\evil.example": "/%5Cevil.example",
    "\\\\evil.example": "/%5C%5Cevil.example",
    "http://evil.example/v1/brands?a=b": "/v1/brands?a=b",
    "HTTP://user@evil.example:81?a=b": "/?a=b",
    "https://evil.example": "/",
    "/v1/http://evil.example/": "/v1/http://evil.example/",
    "*": "/*",
    "@evil.example/v1": "/@evil.example/v1",
    ".evil.example": "/.evil.example",
    "/v1\r\nSet-Cookie: a=b": "/v1%0D%0ASet-Cookie:%20a=b",
    "/v1/\xe4\xff": "/v1/%E4%FF",
    '/v1/"<>': "/v1/%22%3C%3E",
}


@pytest.mark.parametrize("target", TARGETS)
def test_plain_http_is_sent_to_the_same_place_on_the_public_url(hosted: Flask, target: str) -> None:
    environ = {"RAW_URI": target, "REQUEST_URI": target, "HTTP_HOST": "evil.example"}
    answer = hosted.test_client().get("/", environ_overrides=environ)
    assert answer.status_code == 301
    assert answer.headers["Location"] == PUBLIC + TARGETS[target]


def test_the_redirect_comes_before_everything_else(hosted: Flask) -> None:
    account = make_account(hosted)
    wrong = account.token[:-1] + ("a" if account.token[-1] != "a" else "b")
    answers = [
        account.get("/brands", token=token, headers={"X-Request-Id": "mine"})
        for token in (account.token, wrong, "nonsense")
    ]
    answers += [account.post("/brands", data=b"{", headers={"X-Request-Id": "mine"})]
    answers += [account.request("PUT", "/nothing", headers={"X-Request-Id": "mine"})]
    for answer in answers:
        assert answer.status_code == 301
        assert not [name for name, _ in answer.headers if "RateLimit" in name]
        assert "WWW-Authenticate" not in answer.headers
        assert answer.get_data() == b""
    headers = [sorted(answer.headers.items()) for answer in answers[:3]]
    assert headers[0] == headers[1] == headers[2], "it says nothing about the key"


def test_health_is_told_on_plain_http(hosted: Flask) -> None:
    assert hosted.test_client().get("/healthz").status_code == 200
    assert hosted.test_client().get("/readyz").status_code == 200


def test_hosted_answers_ask_for_https_for_a_year(hosted: Flask) -> None:
    account = make_account(hosted)
    over_https = {"wsgi.url_scheme": "https"}
    for answer in (
        account.get("/brands", environ_overrides=over_https),
        account.get("/nothing", environ_overrides=over_https),
        hosted.test_client().get("/v1/brands", environ_overrides=over_https),
    ):
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert account.get("/brands", environ_overrides=over_https).status_code == 200
