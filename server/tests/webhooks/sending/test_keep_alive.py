"""A connection that the receiver closes between two requests costs neither of them."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Callable

import pytest

from anthyx_server.webhooks.sending.outcome import Outgoing
from server.tests.webhooks.sending.conftest import Client, MakeClient
from server.tests.webhooks.sending.receivers import Receiver, Script, hang, reset, status

pytestmark = pytest.mark.enable_socket

End = Callable[[socket.socket, bytes], None]


def close(connection: socket.socket, request: bytes) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def second_request(end: End) -> Script:
    """Answers the first request of each connection, and ends the connection at the second."""
    seen: Counter[socket.socket] = Counter()

    def script(connection: socket.socket, request: bytes) -> None:
        seen[connection] += 1
        (status(200) if seen[connection] == 1 else end)(connection, request)

    return script


def fill(client: Client, url: str, connections: int) -> None:
    """Leave this many idle connections behind."""
    outcomes = client.post_all([Outgoing(None, url, [], b"{}") for _ in range(connections)])
    assert all(outcome.is_success for outcome in outcomes)


@pytest.mark.parametrize("end", [close, reset])
@pytest.mark.parametrize("size", [10, 2_000_000])
def test_lost_with_an_old_connection_and_sent_once_more(
    client: Client, end: End, size: int
) -> None:
    with Receiver(second_request(end)) as receiver:
        fill(client, receiver.url, 3)
        before = len(receiver.requests)
        outcome = client.post(receiver.url, body=b"x" * size)
        assert len(receiver.requests) == before + 2, "on the old connection and on a new one"
    assert outcome.is_success
    assert outcome.is_resent
    assert outcome.connect_ms is not None


def test_the_next_request_uses_connections_again(client: Client) -> None:
    with Receiver(second_request(close)) as receiver:
        fill(client, receiver.url, 3)
        assert client.post(receiver.url).is_resent
        receiver.script = status(200)
        before = receiver.connections
        for _ in range(4):
            assert client.post(receiver.url).connect_ms is None
        assert receiver.connections == before


@pytest.mark.parametrize("end", [close, reset])
def test_it_is_sent_no_third_time(client: Client, end: End) -> None:
    with Receiver(status(200)) as receiver:
        fill(client, receiver.url, 3)
        receiver.script = end
        before = len(receiver.requests)
        outcome = client.post(receiver.url)
        assert len(receiver.requests) == before + 2
    assert (outcome.error_code, outcome.is_resent) == ("connection_lost", True)


@pytest.mark.parametrize("end", [close, reset])
def test_what_is_lost_with_a_new_connection_is_not_sent_again(client: Client, end: End) -> None:
    with Receiver(end) as receiver:
        outcome = client.post(receiver.url)
        assert len(receiver.requests) == 1
    assert (outcome.error_code, outcome.is_resent) == ("connection_lost", False)


def test_an_answer_that_has_begun_is_not_asked_for_again(client: Client) -> None:
    def half(connection: socket.socket, request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        close(connection, request)

    with Receiver(second_request(half)) as receiver:
        fill(client, receiver.url, 1)
        outcome = client.post(receiver.url)
        assert len(receiver.requests) == 2
    assert (outcome.error_code, outcome.is_resent) == ("connection_lost", False)


def test_both_together_stay_within_the_deadline(make_client: MakeClient) -> None:
    client = make_client(timeout_seconds=0.5)
    with Receiver(status(200)) as receiver:
        fill(client, receiver.url, 1)
        seen: list[bytes] = []

        def once(connection: socket.socket, request: bytes) -> None:
            (hang if seen else close)(connection, request)
            seen.append(request)

        receiver.script = once
        outcome = client.post(receiver.url)
    assert (outcome.error_code, outcome.is_resent) == ("timeout", True)
    assert outcome.duration_ms >= 500


def test_connections_closed_by_the_receiver_are_noticed_before(client: Client) -> None:
    def answer_and_close(connection: socket.socket, request: bytes) -> None:
        status(200)(connection, request)
        close(connection, request)

    with Receiver(answer_and_close) as receiver:
        for _ in range(20):
            assert client.post(receiver.url).is_success
        assert len(receiver.requests) <= 40


def test_connection_close_is_honored(client: Client) -> None:
    with Receiver(status(200, "Connection: close")) as receiver:
        for _ in range(3):
            outcome = client.post(receiver.url)
            assert outcome.is_success
            assert not outcome.is_resent
        assert receiver.connections == 3
