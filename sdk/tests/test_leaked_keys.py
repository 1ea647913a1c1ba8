"""Reporting leaked keys, and the API's description of itself."""

from __future__ import annotations

import logging

import pytest

from anthyx import Anthyx, APIResponseError
from sdk.tests.loopback import KEY, Loopback, ok

pytestmark = pytest.mark.enable_socket


def test_found_keys_are_reported_and_logged_nowhere(
    client: Anthyx, server: Loopback, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.answers(ok({"received": 2}, 202))
    found = client.leaked_keys.report(tokens=[KEY, "other"], url="https://x.example", source=None)
    assert (found.received, found.response.status) == (2, 202)
    assert server.seen[0].path == "/v1/leaked-keys"
    assert server.seen[0].json == {
        "tokens": [KEY, "other"],
        "url": "https://x.example",
        "source": None,
    }
    assert KEY not in caplog.text


def test_the_description_of_the_api_is_fetched(client: Anthyx, server: Loopback) -> None:
    server.answers(ok({"openapi": "3.1.0"}), ok([]))
    assert client.openapi() == {"openapi": "3.1.0"}
    assert server.seen[0].path == "/v1/openapi.json"
    with pytest.raises(APIResponseError, match="not an object"):
        client.openapi()
