"""The help page on key rotation and revocation."""

from __future__ import annotations

import http.client
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from anthyx import (
    Anthyx,
)
from server.tests.limits.windows import Windows
from tests.help_page.page import shows
from tests.help_page.running import Running, bearer
from tests.support.apps import (
    Account,
    make_account,
    wait_until,
)

pytestmark = pytest.mark.enable_socket


@shows(
    "Rotate API keys periodically or immediately if you suspect a key has been compromised.",
)
def test_rotation(running: Running, client: Anthyx, account: Account) -> None:
    first = client.api_keys.create(name="Rotated")
    second = client.api_keys.rotate(first.id)
    assert second.family_id == first.id
    for secret in (first.secret, second.secret):
        assert running.get(**bearer(secret)).status == 200
    client.api_keys.delete(first.id)
    third = client.api_keys.rotate(second.id, overlap_seconds=0)
    assert running.get(**bearer(second.secret)).status == 401
    assert running.get(**bearer(third.secret)).status == 200


@shows(
    "Revocation is immediate — any in-flight requests using the deleted key will receive a 401 "
    "response.",
)
def test_immediate_revocation(
    running: Running, client: Anthyx, account: Account, windows: Windows
) -> None:
    victim = account.with_key()
    body = json.dumps({"name": "Never made"}).encode()
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=30)
    connection.putrequest("POST", "/v1/brands")
    for name, value in {**bearer(victim.token), "Content-Type": "application/json"}.items():
        connection.putheader(name, value)
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body[:5])
    wait_until(lambda: windows.used(victim) == (1, 1), 10)  # it is past the gate
    client.api_keys.delete(victim.key_id)
    assert running.get(**bearer(victim.token)).status == 401
    connection.send(body[5:])
    answer = connection.getresponse()
    assert (answer.status, json.load(answer)["code"]) == (401, "api_key_revoked")
    connection.close()
    assert "Never made" not in {brand.name for brand in client.brands.list()}


@shows(
    "Create a replacement key before revoking the old one to avoid downtime.",
)
def test_replacement_first(running: Running) -> None:
    account = make_account(running.app, "agency")
    old = account.with_key()
    current = [old.token]
    calls: list[str] = []
    ended = threading.Event()

    def work() -> None:
        with running.client(lambda: current[0]) as worker:
            while not ended.is_set():
                calls.append(worker.workspace.get().id)

    with ThreadPoolExecutor(1) as pool, running.client(account.token) as client:
        working = pool.submit(work)
        wait_until(lambda: len(calls) >= 3, 10)
        current[0] = client.api_keys.create(name="Replacement").secret
        client.api_keys.delete(old.key_id)
        seen = len(calls)
        wait_until(lambda: len(calls) >= seen + 3 or working.done(), 10)
        ended.set()
        working.result()
    assert set(calls) == {account.workspace_id}
    assert running.get(**bearer(old.token)).status == 401
