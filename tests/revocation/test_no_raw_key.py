"""No raw key anywhere: not in a file, a table, Redis or a log, however it was made and used.

Help page: "Anthyx does not store the raw key value."
"""

from __future__ import annotations

import json
import logging
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from anthyx_server import db, idempotency
from anthyx_server.keys import jobs as keys_jobs
from anthyx_server.limits import jobs as limits_jobs
from server.tests.keys.operating import operate
from tests.revocation.served import Served

pytestmark = pytest.mark.enable_socket
RANDOM = slice(12, 44)  # the 32 characters between prefix and checksum


class Client:
    """Calls the server, and remembers every secret that it was told."""

    def __init__(self, served: Served) -> None:
        self._url = f"{served.url}/v1"
        self.secrets: set[str] = set()

    def call(self, token: str, method: str, path: str, body: Any = None, key: str = "") -> Any:
        """Status and document; with `key` as the Idempotency-Key."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        request = urllib.request.Request(self._url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                document = json.loads(answer.read() or b"null")
                if document and "secret" in document:
                    self.secrets.add(document["secret"])
                return answer.status, document
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def secret(self, *arguments: Any) -> str:
        """The secret of an answer that makes a key."""
        status, document = self.call(*arguments)
        assert status == 201, document
        made: str = document["secret"]
        return made


@contextmanager
def broken(served: Served) -> Iterator[None]:
    """Take away a table that every action on a key writes to, once it has made the token."""
    engine = sa.create_engine(served.settings.database_url)
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE events RENAME TO lost"))
    yield
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE lost RENAME TO events"))
    engine.dispose()


def make_by_command(served: Served, client: Client) -> tuple[dict[str, Any], str]:
    """Make a workspace with a key, and another key; the workspace and what was logged."""
    settings = replace(served.settings, log_format="json")
    words = ("workspaces", "create", "Acme", "--plan", "growth", "--owner", "o@example.com")
    workspace = operate(settings, *words, "--json")
    made: dict[str, Any] = json.loads(workspace.output)
    words = ("keys", "create", "--workspace", made["workspace_id"], "--name", "Cron", "--json")
    key = operate(settings, *words)
    client.secrets |= {made["api_key"]["secret"], json.loads(key.output)["secret"]}
    return made, workspace.errors + key.errors


def use_keys(served: Served, client: Client, made: dict[str, Any]) -> None:
    """Make more keys by the API, and use all of them well and badly."""
    first, second = made["api_key"]["secret"], *(client.secrets - {made["api_key"]["secret"]})
    created = client.secret(first, "POST", "/api-keys", {"name": "Zapier"}, "create-1")
    assert client.secret(first, "POST", "/api-keys", {"name": "Zapier"}, "create-1") == created
    path = f"/api-keys/{made['api_key']['id']}/rotate"
    rotated = client.secret(first, "POST", path, None, "rotate-1")
    for token in (first, second, created, rotated):
        assert client.call(token, "GET", "/brands")[0] == 200
        assert client.call(token, "GET", f"/brands?api_key={token}")[0] == 422
        assert client.call(token, "GET", f"/api-keys/{token}")[0] in {403, 404}
        assert client.call(token + "0", "GET", "/brands")[0] == 401
        assert client.call(f" {token}\t", "GET", "/brands")[0] == 200
    with broken(served):
        status, _ = client.call(rotated, "POST", "/api-keys", {"name": "Fails"}, "create-2")
        assert status in {500, 503}
        assert client.call(rotated, "POST", "/leaked-keys", {"tokens": [created]})[0] >= 500
    assert client.call(first, "POST", "/leaked-keys", {"tokens": [created, "x"]})[0] == 202
    assert client.call(created, "GET", "/brands")[0] == 401
    client.secret(rotated, "POST", "/api-keys", {"name": "After"}, "create-2")


def rows(served: Served) -> Iterator[bytes]:
    """Every value of every table."""
    engine = sa.create_engine(served.settings.database_url)
    tables = sa.MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        for table in tables.sorted_tables:
            for row in connection.execute(sa.select(table)):
                for value in row:
                    yield value if isinstance(value, bytes) else str(value).encode()
    engine.dispose()


def redis_values(served: Served) -> Iterator[bytes]:
    """Every name and value in Redis."""
    with served.redis.client() as client:
        for name in client.scan_iter():
            yield name
            if client.type(name) == b"hash":
                for pair in client.hgetall(name).items():
                    yield from pair
            else:
                assert client.type(name) == b"string", name
                yield client.get(name)


def files(served: Served) -> Iterator[bytes]:
    """Every file of the data directory: database, its log, Redis' log, the server's log."""
    for path in served.settings.data_dir.rglob("*"):
        if path.is_file():
            yield path.read_bytes()


def test_no_raw_key_is_anywhere(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client = Client(served)
    made, logged = make_by_command(served, client)
    use_keys(served, client, made)
    with served.account.app.app_context():
        limits_jobs.store_usage()
        keys_jobs.announce_expiring_keys()
        idempotency.forget_old_records()
        is_in_a_file = db.is_sqlite(db.db.engine)
    assert len(client.secrets) == 5
    places = {
        "tables": b"\n".join(rows(served)),
        "redis": b"\n".join(redis_values(served)),
        "files": b"\n".join(files(served)),
        "logs": (logged + caplog.text).encode(),
    }
    for place, content in places.items():
        for secret in client.secrets:
            assert secret[RANDOM].encode() not in content, place
        assert made["owner"]["password"].encode() not in content, place
    # The same search does find what is kept of a key, in all of these places.
    for place in ("tables", "redis", "files"):
        assert made["api_key"]["id"].encode() in places[place]
    assert (b"SQLite format 3" in places["files"]) is is_in_a_file
    assert b'"level":"' in places["files"]
