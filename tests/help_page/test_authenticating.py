"""The help page on authenticating requests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from anthyx import (
    Anthyx,
    AuthenticationError,
    ConfigurationError,
)
from anthyx_server.operations import operations
from tests.help_page.page import shows
from tests.help_page.running import Running, bearer
from tests.support.apps import (
    Account,
    make_account,
    make_settings,
    open_app,
)

pytestmark = pytest.mark.enable_socket


@shows(
    "Include your API key in the Authorization header of every request: "
    "`Authorization: Bearer anthyx_live_xxxxxxxxxxxxxxxx`",
)
def test_authorization_header(running: Running, account: Account) -> None:
    token = account.token
    assert running.get(**bearer(token)).status == 200
    for answer in (
        running.get(),
        running.get(f"/v1/brands?api_key={token}"),
        running.get(**{"X-API-Key": token}),
        running.get(Authorization=token),
        running.get(Authorization=f"Basic {token}"),
        running.get(Cookie=f"Authorization=Bearer {token}"),
    ):
        assert answer.status == 401
        assert answer.getheader("WWW-Authenticate") == "Bearer"
    with running.client(token.replace("live", "test")) as wrong, pytest.raises(AuthenticationError):
        wrong.whoami()


PUBLIC_URL = "https://api.useanthyx.com"


@pytest.fixture
def public_app(redis_url: str, sqlite_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The application as it runs under the page's address."""
    settings = make_settings(
        tmp_path, sqlite_url, redis_url, require_https=True, public_url=PUBLIC_URL
    )
    with open_app(settings) as app:
        yield app


@shows(
    "All API requests must be made over HTTPS.",
    "HTTP requests are rejected with a 301 redirect.",
)
def test_https_only(public_app: Flask) -> None:
    account = make_account(public_app)
    client = public_app.test_client()
    for operation in operations():
        path = "/v1" + operation.path.replace("<", "").replace(">", "") + "?limit=1"
        answer = client.open(path, method=operation.method, headers=bearer(account.token))
        assert (answer.status_code, answer.location) == (301, PUBLIC_URL + path)
        assert account.token not in answer.text + str(answer.headers)
    assert account.get("/brands", base_url=PUBLIC_URL).status_code == 200
    assert account.get("/usage", base_url=PUBLIC_URL).get_json()["windows"][0]["used"] == 1
    with pytest.raises(ConfigurationError):
        Anthyx(account.token, base_url="http://api.useanthyx.com/v1")


@shows(
    "The base URL for the API is `https://api.useanthyx.com/v1`.",
)
def test_base_url(public_app: Flask) -> None:
    account = make_account(public_app)
    with Anthyx(account.token) as client:
        assert client.base_url == "https://api.useanthyx.com/v1"
        url = client.base_url + "/workspace"
        answer = public_app.test_client().get(url, headers=bearer(account.token))
    assert answer.status_code == 200
