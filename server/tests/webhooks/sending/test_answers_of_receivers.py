"""Whatever a receiver answers, the outcome says what it was and whether it counts."""

from __future__ import annotations

import contextlib
import json
import socket

import pytest

from anthyx_server import clock
from anthyx_server.webhooks.sending.outcome import Outgoing
from server.tests.webhooks.sending.conftest import Client, MakeClient
from server.tests.webhooks.sending.receivers import (
    Receiver,
    answer,
    answer_and_close,
    hang,
    status,
)

pytestmark = pytest.mark.enable_socket

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


def test_the_request_is_as_promised(client: Client) -> None:
    with Receiver(status(204)) as receiver:
        client.post(receiver.url + "?a=%20b", [("X-Anthyx-Event", "post.published")], b'{"a": 1}')
        head, _, body = receiver.requests[0].partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
    assert body == b'{"a": 1}'
    assert lines[0] == "POST /hook?a=%20b HTTP/1.1"
    assert sorted(lines[1:]) == [
        "Accept-Encoding: identity",
        "Accept: */*",
        "Content-Length: 8",
        "Content-Type: application/json",
        f"Host: localhost:{receiver.port}",
        "User-Agent: Anthyx-Webhooks/1",
        "X-Anthyx-Event: post.published",
    ]


def test_a_large_body_is_sent_without_asking_first(client: Client) -> None:
    with Receiver(status(204)) as receiver:
        body = b"x" * 3_000_000
        assert client.post(receiver.url, body=body).is_success
        head, _, received = receiver.requests[0].partition(b"\r\n\r\n")
    assert received == body
    assert b"Expect" not in head


def test_headers_of_the_caller_replace_the_senders_own(client: Client) -> None:
    with Receiver(status(204)) as receiver:
        headers = [("user-agent", "Other"), ("X-Empty", ""), ("X-Word", "größe")]
        assert client.post(receiver.url, headers).is_success
        lines = receiver.requests[0].decode().split("\r\n")
    assert [line for line in lines if line.lower().startswith("user-agent")] == [
        "user-agent: Other"
    ]
    assert {"X-Empty:", "X-Word: größe"} <= set(lines)


def test_a_success_is_on_record(client: Client) -> None:
    with Receiver(status(200, "X-One: 1", "Set-Cookie: a=b", "X-One: ü", body=b"fine\0")) as one:
        before = clock.now()
        outcome = client.post(one.url)
    assert outcome.tag == "tag"
    assert before <= outcome.started_at <= clock.now()
    assert (outcome.status_code, outcome.is_success, outcome.error_code) == (200, True, None)
    assert outcome.response_headers == [["X-One", "1"], ["X-One", "ü"], ["Content-Length", "5"]]
    assert outcome.response_body == b"fine\0"
    assert outcome.peer_address == "127.0.0.1"
    assert not outcome.holds_endpoint
    assert not outcome.is_gone
    assert None not in {outcome.dns_ms, outcome.connect_ms, outcome.first_byte_ms}
    assert outcome.tls_ms is None


def test_a_connection_is_used_again(client: Client) -> None:
    with Receiver(status(200, body=b"ok")) as receiver:
        outcomes = [client.post(receiver.url) for _ in range(5)]
        assert receiver.connections == 1
    assert all(outcome.is_success for outcome in outcomes)
    assert outcomes[1].connect_ms is None
    assert outcomes[1].dns_ms is None
    assert outcomes[1].peer_address == "127.0.0.1"


def test_one_answer_leaves_nothing_in_the_next(client: Client) -> None:
    with Receiver(status(429, "Retry-After: 7", "X-A: 1", body=b"slow down")) as receiver:
        client.post(receiver.url)
        receiver.script = answer(b"HTTP/1.1 204 No Content\r\n\r\n")
        outcome = client.post(receiver.url)
    assert outcome.is_success
    assert (outcome.response_headers, outcome.response_body) == ([], b"")
    assert outcome.retry_after_seconds is None


@pytest.mark.parametrize(
    ("code", "holds", "gone"),
    [
        (300, False, False),
        (302, False, False),
        (304, False, False),
        (400, False, False),
        (401, False, False),
        (404, False, False),
        (408, False, False),
        (410, False, True),
        (429, True, False),
        (500, False, False),
        (501, False, False),
        (502, True, False),
        (503, True, False),
        (504, True, False),
        (599, False, False),
        (999, False, False),
    ],
)
def test_other_statuses_are_failures(client: Client, code: int, holds: bool, gone: bool) -> None:
    with Receiver(status(code, "Location: http://127.0.0.1:1/", body=b"why")) as receiver:
        outcome = client.post(receiver.url)
        assert len(receiver.requests) == 1
    assert (outcome.status_code, outcome.error_code) == (code, "http_status")
    assert not outcome.is_success
    assert (outcome.holds_endpoint, outcome.is_gone) == (holds, gone)
    assert outcome.error_detail
    assert str(code) in outcome.error_detail
    assert outcome.response_body == (b"" if code == 304 else b"why")


@pytest.mark.parametrize(
    ("raw", "code", "body"),
    [
        (b"HTTP/1.0 200 OK\r\n\r\nold", 200, b"old"),
        (b"HTTP/1.1 200\r\n\r\nno reason", 200, b"no reason"),
        (b"HTTP/1.1 100 Continue\r\nX-Interim: 1\r\n\r\nHTTP/1.1 202 A\r\n\r\n", 202, b""),
        (b"HTTP/1.1 103 Hints\r\n\r\n" * 3 + b"HTTP/1.1 201 A\r\n\r\n", 201, b""),
        (
            OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Trailer: 1\r\n\r\n",
            200,
            b"ok",
        ),
        (OK + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nraw!", 200, b"raw!"),
        (b"HTTP/1.1 204 No\r\nContent-Length: 0\r\n\r\n", 204, b""),
    ],
)
def test_odd_answers_that_are_whole(client: Client, raw: bytes, code: int, body: bytes) -> None:
    with Receiver(answer_and_close(raw)) as receiver:
        outcome = client.post(receiver.url)
    assert (outcome.status_code, outcome.is_success) == (code, True)
    assert outcome.response_body == body
    assert not {"x-interim", "x-trailer"} & {name.lower() for name, _ in outcome.response_headers}


@pytest.mark.parametrize("code", [200, 500])
def test_16_kib_of_a_body_are_kept_and_decide(make_client: MakeClient, code: int) -> None:
    client = make_client(timeout_seconds=30)
    endless = f"HTTP/1.1 {code} X\r\nContent-Length: 999999999\r\n\r\n".encode() + b"a" * 16_385
    with Receiver(answer(endless)) as receiver:
        outcome = client.post(receiver.url)
    assert (outcome.status_code, outcome.is_success) == (code, code == 200)
    assert outcome.response_body == b"a" * 16_384
    assert outcome.error_code == (None if code == 200 else "http_status")


def test_exactly_16_kib_are_no_reason_to_hang_up(client: Client) -> None:
    with Receiver(status(200, body=b"a" * 16_384)) as receiver:
        outcomes = [client.post(receiver.url) for _ in range(2)]
        assert receiver.connections == 1
    assert [len(outcome.response_body) for outcome in outcomes] == [16_384, 16_384]


def test_of_many_headers_some_are_kept(client: Client) -> None:
    many = [f"X-{number}: {'v' * 50}" for number in range(900)]
    with Receiver(status(200, *many)) as receiver:
        outcome = client.post(receiver.url)
    assert outcome.is_success
    assert len(outcome.response_headers) == 100


def test_what_is_kept_can_be_stored(client: Client) -> None:
    with Receiver(answer_and_close(OK + b"X\x01: a\x1b\x7f\xff\x80\r\n\r\n\0\xff")) as receiver:
        outcome = client.post(receiver.url)
    text = json.dumps(outcome.response_headers)
    assert "\\u0000" not in text
    assert not any(
        ord(char) < 32 or char == "\x7f" for _, value in outcome.response_headers for char in value
    )
    assert outcome.response_body == b"\0\xff"


def test_a_receiver_that_hangs_holds_up_nobody(make_client: MakeClient) -> None:
    client = make_client(timeout_seconds=3)
    with Receiver(hang) as hanging, Receiver(status(204)) as healthy:
        stuck = [Outgoing("stuck", hanging.url, [], b"{}") for _ in range(8)]
        quick = [Outgoing("quick", healthy.url, [], b"{}") for _ in range(40)]
        outcomes = client.post_all(stuck + quick)
    assert [outcome.tag for outcome in outcomes] == ["quick"] * 40 + ["stuck"] * 8


def test_nobody_listens(client: Client) -> None:
    with Receiver() as receiver:
        url = receiver.url
    outcome = client.post(url)
    assert (outcome.error_code, outcome.holds_endpoint) == ("connect_failed", True)
    assert outcome.peer_address is None
    assert outcome.error_detail
    assert "127" not in outcome.error_detail


def test_nobody_accepts(make_client: MakeClient) -> None:
    """As behind a firewall that drops what it does not let in."""
    client = make_client(connect_timeout_seconds=0.5)
    with socket.socket() as full, contextlib.ExitStack() as waiting:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(20):
            one = waiting.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        outcome = client.post(f"http://127.0.0.1:{full.getsockname()[1]}/")
    assert (outcome.error_code, outcome.holds_endpoint) == ("connect_timeout", True)
    assert "firewall" in (outcome.error_detail or "")
    assert outcome.connect_ms is None


@pytest.mark.parametrize("value", ["a\r\nX-Injected: 1", "a\nb", "a\0b"])
def test_headers_cannot_be_injected(client: Client, value: str) -> None:
    with Receiver(status(204)) as receiver:
        outcome = client.post(receiver.url, [("X-Custom", value)])
        assert client.post(receiver.url).is_success
        assert len(receiver.requests) == 1
    assert outcome.error_code == "invalid_request"
    assert outcome.tag == "tag"
