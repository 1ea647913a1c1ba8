"""One sender over its life: many requests, few handles, a wake from any thread, an end."""

from __future__ import annotations

import gc
import threading
from collections import Counter
from pathlib import Path

import pytest

from anthyx_server import clock
from anthyx_server.webhook_settings import WebhookSettings
from anthyx_server.webhooks.sending.exchange import Exchange
from anthyx_server.webhooks.sending.outcome import Outgoing
from anthyx_server.webhooks.sending.sender import Sender
from server.tests.webhooks.sending.conftest import Client
from server.tests.webhooks.sending.receivers import Receiver, hang, status
from tests.support.apps import wait_until

pytestmark = pytest.mark.enable_socket


def test_each_request_has_its_own_answer(client: Client) -> None:
    with Receiver() as receiver:

        def echo(connection: object, request: bytes) -> None:
            body = request.partition(b"\r\n\r\n")[2]
            status(200, f"X-Body: {body.decode()}", body=body)(connection, request)  # type: ignore[arg-type]

        receiver.script = echo
        requests = [Outgoing(n, receiver.url, [], f"body {n}".encode()) for n in range(300)]
        outcomes = client.post_all(requests)
    assert Counter(outcome.tag for outcome in outcomes) == Counter(range(300))
    for outcome in outcomes:
        assert outcome.response_body == f"body {outcome.tag}".encode()
        assert outcome.response_headers[0] == ["X-Body", f"body {outcome.tag}"]


def test_handles_are_used_again(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    really = Exchange.__init__

    def spy(self: Exchange, *arguments: object) -> None:
        made.append(1)
        really(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Exchange, "__init__", spy)
    with Receiver(status(204)) as receiver:
        for _ in range(5):
            client.post_all([Outgoing(None, receiver.url, [], b"{}") for _ in range(10)])
        assert receiver.connections <= 10
    assert len(made) == 10


def test_wake_ends_a_step_from_another_thread(client: Client) -> None:
    ended = threading.Event()

    def wait() -> None:
        assert client.sender.step(60) == []
        ended.set()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    client.sender.wake()
    assert ended.wait(15)
    thread.join()


def test_wake_ends_the_next_step(client: Client) -> None:
    client.sender.wake()
    client.sender.wake()
    start = clock.monotonic()
    assert client.sender.step(60) == []
    assert clock.monotonic() - start < 30
    assert client.sender.step(0) == []


def test_a_step_ends_when_its_time_is_over(client: Client) -> None:
    with Receiver(hang) as receiver:
        client.sender.start(Outgoing(1, receiver.url, [], b"{}"))
        for seconds in (0, 0.05, -1):
            assert client.sender.step(seconds) == []
        assert client.sender.in_flight == 1


def test_what_cannot_be_sent_counts_until_it_is_told(client: Client) -> None:
    client.sender.start(Outgoing(7, "https://127.1/", [], b"{}"))
    assert client.sender.in_flight == 1
    (outcome,) = client.sender.step(60)
    assert (outcome.tag, outcome.error_code) == (7, "invalid_request")
    assert client.sender.in_flight == 0


def test_it_can_be_closed_at_any_time() -> None:
    blocked = threading.Event()

    def look_up(host: str) -> list[str]:
        blocked.wait(30)
        return []

    before = len(list(Path("/proc/self/fd").iterdir()))
    with Receiver(hang) as receiver:
        sender = Sender(WebhookSettings(are_private_allowed=True), (), look_up=look_up)
        sender.start(Outgoing(1, f"http://127.0.0.1:{receiver.port}/", [], b"{}"))
        sender.start(Outgoing(2, "http://hanging.example/", [], b"{}"))
        wait_until(lambda: bool(sender.step(0) or receiver.requests), 15)
        sender.close()
        sender.wake()
    blocked.set()
    gc.collect()
    assert len(list(Path("/proc/self/fd").iterdir())) <= before


def test_connections_that_idle_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anthyx_server.webhooks.sending.sender._MAX_IDLE_CONNECTIONS", 4)
    client = Client(Sender(WebhookSettings(are_private_allowed=True), ()))
    with Receiver(status(204)) as receiver:
        url = f"http://127.0.0.1:{receiver.port}/"
        client.post_all([Outgoing(None, url, [], b"{}") for _ in range(30)])
        client.post(url)
        wait_until(lambda: receiver.open_connections <= 4, 15)
    client.sender.close()
