"""Answers that are not whole, not HTTP or without end: each is a failure of its kind, in time."""

from __future__ import annotations

import socket

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.tests.webhooks.sending.conftest import MakeClient
from server.tests.webhooks.sending.receivers import (
    Receiver,
    answer,
    answer_and_close,
    hang,
    reset,
)

pytestmark = pytest.mark.enable_socket

OK = b"HTTP/1.1 200 OK\r\n"
NINE = OK + b"Content-Length: 9\r\n\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


def drip(connection: socket.socket, request: bytes) -> None:
    """Sends a header every 50 ms until nobody listens."""
    connection.sendall(OK)
    connection.settimeout(0.05)
    while True:
        connection.sendall(b"X-Drop: 1\r\n")
        try:
            connection.recv(1)
        except TimeoutError:
            continue
        return


UNFINISHED = {
    "nothing at all": (hang, None),
    "no end in sight": (answer(OK + b"\r\nno length"), 200),
    "half a body": (answer(NINE + b"half"), 200),
    "half a chunk": (answer(CHUNKED + b"5\r\nhal"), 200),
    "half a head": (answer(OK + b"X-Half"), 200),
    "only interim": (answer(b"HTTP/1.1 100 Continue\r\n\r\n"), None),
    "switched protocols": (answer(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n"), None),
    "drops": (drip, 200),
}
LOST = {
    "closed before a byte": (answer_and_close(b""), None),
    "closed in the head": (answer_and_close(OK + b"X-Half"), 200),
    "closed in the body": (answer_and_close(NINE + b"half"), 200),
    "closed after an interim answer": (answer_and_close(b"HTTP/1.1 103 H\r\n\r\n"), 103),
    "no chunk where one belongs": (answer(CHUNKED + b"zz\r\n"), 200),
    "closed in a chunk": (answer_and_close(CHUNKED + b"5\r\nh"), 200),
    "reset": (reset, None),
}
NOT_HTTP = {
    "another protocol": answer(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "no head": answer(b"{}\n" * 99),
    "another version": answer(b"HTTP/2 200 OK\r\n\r\n"),
    "no status": answer(b"HTTP/1.1 OK\r\n\r\n"),
    "a NUL": answer(OK + b"X: a\0b\r\nContent-Length: 0\r\n\r\n"),
    "a negative length": answer(OK + b"Content-Length: -1\r\n\r\n"),
    "two lengths": answer(OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
}
TOO_LARGE = {
    "many": answer(OK + b"X: 1\r\n" * 20_000 + b"\r\n"),
    "one": answer(OK + b"X: " + b"a" * 70_000 + b"\r\n\r\n"),
    "interim ones": answer(b"HTTP/1.1 103 Hints\r\nX: 1\r\n\r\n" * 5_000),
}


@pytest.mark.parametrize("name", UNFINISHED)
def test_unfinished_at_the_deadline(make_client: MakeClient, name: str) -> None:
    script, status = UNFINISHED[name]
    with Receiver(script) as receiver:
        outcome = make_client(timeout_seconds=0.5).post(receiver.url)
    assert (outcome.error_code, outcome.holds_endpoint) == ("timeout", True)
    assert not outcome.is_success
    assert 500 <= outcome.duration_ms < 15_000
    assert outcome.peer_address == "127.0.0.1"
    assert status is None or outcome.status_code == status


@pytest.mark.parametrize("name", LOST)
def test_lost(make_client: MakeClient, name: str) -> None:
    script, status = LOST[name]
    with Receiver(script) as receiver:
        outcome = make_client().post(receiver.url)
        assert receiver.connections == 1
    assert (outcome.error_code, outcome.status_code) == ("connection_lost", status)
    assert outcome.holds_endpoint
    assert not outcome.is_success


@pytest.mark.parametrize("name", NOT_HTTP)
def test_not_http(make_client: MakeClient, name: str) -> None:
    with Receiver(NOT_HTTP[name]) as receiver:
        outcome = make_client().post(receiver.url)
    assert (outcome.error_code, outcome.holds_endpoint) == ("protocol_error", False)
    assert not outcome.is_success


@pytest.mark.parametrize("name", TOO_LARGE)
def test_headers_without_end(make_client: MakeClient, name: str) -> None:
    with Receiver(TOO_LARGE[name]) as receiver:
        outcome = make_client().post(receiver.url)
    assert (outcome.error_code, outcome.is_success) == ("headers_too_large", False)
    assert len(outcome.response_headers) <= 100


_pieces = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        [
            b"HTTP/1.1 200 OK\r\n", b"HTTP/1.0 301 Moved\r\n", b"HTTP/1.1 100 Continue\r\n\r\n",
            b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n", b"\r\n", b"3\r\nabc\r\n",
            b"Retry-After: ", b"Set-Cookie: a=b\r\n", b"Connection: close\r\n", b"0\r\n\r\n",
        ]
    ),
)  # fmt: skip


def test_any_bytes_make_an_outcome(make_client: MakeClient) -> None:
    client = make_client(timeout_seconds=5)
    with Receiver() as receiver:

        @settings(
            max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), database=None
        )
        @given(st.lists(_pieces, max_size=8).map(b"".join))
        def check(raw: bytes) -> None:
            receiver.script = answer_and_close(raw)
            outcome = client.post(receiver.url)
            assert outcome.is_success == (outcome.error_code is None)
            assert (outcome.error_code is None) == (outcome.error_detail is None)
            if outcome.is_success:
                assert 200 <= (outcome.status_code or 0) < 300
            assert len(outcome.response_body) <= 16_384
            assert "\0" not in "".join(text for pair in outcome.response_headers for text in pair)

        check()
