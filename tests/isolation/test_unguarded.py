"""No route under /v1 answers without a key, but the two that are public."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from anthyx_server.dashboard import is_guarded
from anthyx_server.ids import new_id
from anthyx_server.keys.secret import mint
from tests.support.apps import make_settings, open_app
from tests.support.problems import check_problem

PUBLIC = {
    ("GET", "/v1/openapi.json"),
    ("HEAD", "/v1/openapi.json"),
    ("POST", "/v1/leaked-keys"),
}
WITHOUT_KEY = {"/healthz", "/readyz"}
# All others ask who it is.
OPEN_PAGES = {
    "/forgot",
    "/invites/<string:token>",
    "/reset/<string:token>",
    "/sign-in",
    "/static/<string:digest>/<string:name>",
}


@pytest.fixture(scope="module")
def app(module_sqlite_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """One application for all tests; nothing here gets as far as Redis."""
    directory: Path = tmp_path_factory.mktemp("unguarded")
    settings = make_settings(directory, module_sqlite_url, f"unix://{directory}/none.sock")
    with open_app(settings) as opened:
        yield opened


def routes(app: Flask) -> set[tuple[str, str]]:
    return {
        (method, rule.rule) for rule in app.url_map.iter_rules() for method in rule.methods or ()
    }


def guarded(app: Flask) -> list[tuple[str, str]]:
    return sorted(found for found in routes(app) - PUBLIC if found[1].startswith("/v1"))


def test_there_is_nothing_beside_the_api_and_its_health(app: Flask) -> None:
    beside = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if not rule.rule.startswith("/v1/") and not is_guarded(rule.endpoint)
    }
    assert beside == WITHOUT_KEY | OPEN_PAGES
    assert routes(app) >= PUBLIC


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        (None, "missing_api_key"),
        ("Bearer", "invalid_api_key"),
        ("Basic dXNlcjpwYXNzd29yZA==", "invalid_api_key"),
        (f"Bearer {mint('live')}", "invalid_api_key"),
    ],
    ids=["nothing", "no token", "another scheme", "an unknown key"],
)
def test_every_other_route_refuses_those_without_a_key(
    app: Flask, authorization: str | None, code: str
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    for number, (method, path) in enumerate(guarded(app)):
        url = path.replace("<", "").replace(">", "")
        # Failures are counted by address: each comes from another.
        address = {"REMOTE_ADDR": f"192.0.2.{number}"}
        answer = app.test_client().open(
            url, method=method, headers=headers, environ_overrides=address
        )
        assert answer.status_code == 401, f"{method} {path} is unguarded"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        if method != "HEAD":
            body = answer.get_data()
            assert check_problem(401, answer.headers, body)["code"] == code


def test_what_is_no_route_needs_a_key_too(app: Flask) -> None:
    for path in ("/v1/nothing", "/v1/brands/"):
        assert app.test_client().get(path).status_code == 401


def test_every_other_page_asks_who_it_is(app: Flask) -> None:
    pages = [rule for rule in app.url_map.iter_rules() if is_guarded(rule.endpoint)]
    assert len(pages) > 10
    for rule in pages:
        path = re.sub("<[^>]+>", lambda _: new_id("x"), rule.rule)
        (method,) = (rule.methods or set()) - {"HEAD"}
        answer = app.test_client().open(path, method=method)
        assert answer.status_code == 303, f"{method} {path} is unguarded"
        assert answer.headers["Location"].startswith("/sign-in?")
