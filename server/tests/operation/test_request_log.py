"""The log: one line per request, with ids and times, and never a secret."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from anthyx_server import logs
from tests.support.apps import Account


class Lines(logging.Handler):
    """Keeps what a formatter makes of records."""

    def __init__(self, formatter: logging.Formatter) -> None:
        super().__init__()
        self.setFormatter(formatter)
        self.addFilter(logs.Context())
        self.kept: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one."""
        self.kept.append(self.format(record))


@pytest.fixture
def lines() -> Iterator[Lines]:
    """What is logged as JSON."""
    yield from _listening(Lines(logs.JsonFormatter()))


@pytest.fixture
def console() -> Iterator[Lines]:
    """What is logged for people."""
    yield from _listening(Lines(logs.ConsoleFormatter()))


def _listening(handler: Lines) -> Iterator[Lines]:
    root = logging.getLogger()
    root.addHandler(handler)
    yield handler
    root.removeHandler(handler)


def requests(lines: Lines) -> list[dict[str, Any]]:
    documents = [json.loads(line) for line in lines.kept]
    return [document for document in documents if "route" in document]


def test_a_line_says_who_asked_for_what_and_how_it_went(account: Account, lines: Lines) -> None:
    headers = {"X-Request-Id": "from-the-client"}
    account.get("/brands?limit=1&cursor=secret-in-a-query", headers=headers)
    account.post("/brands", json={"name": "Acme"})
    listed, made = requests(lines)
    duration = listed.pop("duration_ms")
    assert 0 < duration < 60_000
    assert listed.pop("at").endswith("Z")
    assert listed == {
        "level": "info",
        "logger": "anthyx_server.http",
        "message": f"GET /v1/brands 400 {duration} ms",
        "method": "GET",
        "route": "/v1/brands",
        "status": 400,
        "request_id": "from-the-client",
        "key_id": account.key_id,
        "workspace_id": account.workspace_id,
    }
    assert (made["method"], made["status"]) == ("POST", 201)
    assert made["request_id"].startswith("req_")


def test_people_read_the_same_in_one_line(account: Account, console: Lines) -> None:
    account.get("/workspace", headers={"X-Request-Id": "mine"})
    [line] = console.kept
    time, level, message = line.split(maxsplit=2)
    assert len(time) == 8
    assert level == "info"
    assert message.startswith("GET /v1/workspace 200 ")
    ids = f"request_id=mine key_id={account.key_id} workspace_id={account.workspace_id}"
    assert message.endswith(f" ms {ids}")


def test_health_is_not_logged_and_refusals_are(app: Flask, lines: Lines) -> None:
    client = app.test_client()
    for path in ("/healthz", "/readyz"):
        assert client.get(path).status_code == 200
    assert lines.kept == []
    assert client.get("/v1/brands").status_code == 401
    assert client.open("/nowhere", method="STRANGE").status_code == 404
    refused, strange = requests(lines)
    assert (refused["status"], refused.get("key_id")) == (401, None)
    assert (strange["method"], strange["route"]) == ("(unknown)", "(no route)")


def test_no_kind_of_secret_is_logged(account: Account, lines: Lines, console: Lines) -> None:
    created = account.post(
        "/api-keys", json={"name": "Zapier"}, headers={"Idempotency-Key": "idempotency-secret"}
    ).get_json()
    tokens = [account.token, created["secret"]]
    for token in tokens:
        account.get(f"/brands?api_key={token}")
        account.get(f"/api-keys/{token}")
        account.get(f"/{token}")
        account.request("GET", "/brands", token=token + "0")
        account.post("/brands", json={"name": token, "unknown": token})
        account.post("/brands", data=token)
        account.post("/leaked-keys", json={"tokens": [token[:-1] + "0"]})
        account.request(token, "/brands")
        account.get("/brands", headers={"Cookie": token, "User-Agent": token})
    told = "\n".join(lines.kept + console.kept)
    assert account.key_id in told
    assert len(requests(lines)) >= len(tokens) * 9
    settings = account.app.extensions
    secrets = [*tokens, "idempotency-secret", settings["anthyx_secret_key"].decode()]
    for secret in secrets:
        assert secret not in told
        assert secret[12:44] not in told
