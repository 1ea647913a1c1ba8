"""Receivers are who their certificate says, and speak TLS, or nothing is sent to them."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme

from anthyx_server.webhooks.sending import trust
from server.tests.webhooks.sending.conftest import Client, MakeClient, tls_of
from server.tests.webhooks.sending.receivers import Receiver, hang, status

pytestmark = pytest.mark.enable_socket


def test_a_trusted_receiver(client: Client, authority: trustme.CA) -> None:
    with Receiver(status(204), tls=tls_of(authority, "localhost")) as receiver:
        first, second = (client.post(receiver.url) for _ in range(2))
        assert receiver.connections == 1
    assert first.is_success
    assert first.tls_ms is not None
    assert second.is_success
    assert second.tls_ms is None


def test_a_chain_with_an_intermediate(client: Client, authority: trustme.CA) -> None:
    context = tls_of(authority.create_child_ca(), "localhost")
    with Receiver(status(204), tls=context) as receiver:
        assert client.post(receiver.url).is_success


def test_the_name_is_that_of_the_url_and_not_the_address(
    make_client: MakeClient, authority: trustme.CA
) -> None:
    names: list[str | None] = []
    context = tls_of(authority, "hooks.example")
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    with Receiver(status(204), tls=context) as receiver:
        client = make_client(look_up=lambda host: ["127.0.0.1"])
        assert client.post(f"https://hooks.example:{receiver.port}/").is_success
        assert f"Host: hooks.example:{receiver.port}".encode() in receiver.requests[0]
    assert names == ["hooks.example"]


@pytest.mark.parametrize("name", ["127.0.0.1", "other.example", "*.example", "localhost.example"])
def test_a_certificate_for_another_name(client: Client, authority: trustme.CA, name: str) -> None:
    with Receiver(status(204), tls=tls_of(authority, name)) as receiver:
        outcome = client.post(receiver.url)
        assert receiver.requests == []
    assert (outcome.error_code, outcome.holds_endpoint) == ("tls_failed", True)
    assert "another host name" in (outcome.error_detail or "")


@pytest.mark.parametrize(
    ("begin", "end"), [((2001, 1, 1), (2002, 1, 1)), ((2400, 1, 1), (2401, 1, 1))]
)
def test_a_certificate_out_of_its_time(
    client: Client, authority: trustme.CA, begin: tuple[int, int, int], end: tuple[int, int, int]
) -> None:
    times = {
        "not_before": datetime(*begin, tzinfo=UTC),
        "not_after": datetime(*end, tzinfo=UTC),
    }
    with Receiver(status(204), tls=tls_of(authority, "localhost", **times)) as receiver:
        outcome = client.post(receiver.url)
        assert receiver.requests == []
    assert outcome.error_code == "tls_failed"
    assert "expired" in (outcome.error_detail or "")


def test_a_certificate_of_nobody_known(client: Client) -> None:
    with Receiver(status(204), tls=tls_of(trustme.CA(), "localhost")) as receiver:
        outcome = client.post(receiver.url)
        assert receiver.requests == []
    assert outcome.error_code == "tls_failed"
    assert "not trusted" in (outcome.error_detail or "")


def test_a_receiver_that_speaks_no_tls(client: Client) -> None:
    with Receiver(greeting=b"HTTP/1.1 400 Bad Request\r\n\r\n") as receiver:
        outcome = client.post(receiver.url.replace("http:", "https:"))
    assert outcome.error_code == "tls_failed"
    assert "speaks TLS" in (outcome.error_detail or "")


def test_tls_12_is_enough(client: Client, authority: trustme.CA) -> None:
    context = tls_of(authority, "localhost")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with Receiver(status(204), tls=context) as receiver:
        assert client.post(receiver.url).is_success


def test_a_handshake_that_hangs(make_client: MakeClient) -> None:
    with Receiver(hang) as receiver:
        client = make_client(connect_timeout_seconds=0.5)
        outcome = client.post(receiver.url.replace("http:", "https:"))
    assert (outcome.error_code, outcome.holds_endpoint) == ("connect_timeout", True)
    assert "TLS" in (outcome.error_detail or "")
    assert outcome.tls_ms is None


def test_there_are_authorities_to_judge_by() -> None:
    assert "BEGIN CERTIFICATE" in Path(trust.ca_file()).read_text(encoding="utf-8")
