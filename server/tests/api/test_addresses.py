"""Where a request comes from: forwarded headers count only past trusted proxies, hop by hop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network

import pytest
from flask import Flask

from anthyx_server.addresses import Origin, hexadecimal, origin, parse
from anthyx_server.config import Settings
from tests.support.apps import make_account, open_app
from tests.support.problems import problem

PROXIES = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


def seen(
    peer: str, forwarded: str | None = None, proto: str | None = None, hops: int = 1
) -> tuple[str | None, bool]:
    environ = {"REMOTE_ADDR": peer, "wsgi.url_scheme": "http"}
    if forwarded is not None:
        environ["HTTP_X_FORWARDED_FOR"] = forwarded
    if proto is not None:
        environ["HTTP_X_FORWARDED_PROTO"] = proto
    found = origin(environ, PROXIES, hops)
    return found.address, found.is_https


def test_without_proxies_the_socket_counts_alone() -> None:
    assert seen("203.0.113.5", "198.51.100.1", "https", hops=0) == ("203.0.113.5", False)
    assert seen("10.0.0.1", "198.51.100.1", "https", hops=0) == ("10.0.0.1", False)


def test_a_stranger_is_not_believed() -> None:
    assert seen("203.0.113.5", "198.51.100.1", "https") == ("203.0.113.5", False)


@pytest.mark.parametrize("peer", ["10.0.0.1", "::ffff:10.0.0.1", "fd00::1"])
def test_a_trusted_proxy_is(peer: str) -> None:
    assert seen(peer, "198.51.100.1", "https") == ("198.51.100.1", True)
    assert seen(peer, "2001:db8::1", "http") == ("2001:db8::1", False)


def test_what_the_caller_wrote_before_the_proxies_is_not_believed() -> None:
    assert seen("10.0.0.1", "192.0.2.66, 198.51.100.1")[0] == "198.51.100.1"
    assert seen("10.0.0.1", "192.0.2.66,198.51.100.1, 10.0.0.2", hops=2)[0] == "198.51.100.1"
    assert seen("10.0.0.1", "192.0.2.66, 192.0.2.67,198.51.100.1", hops=1)[0] == "198.51.100.1"


@pytest.mark.parametrize(
    ("forwarded", "hops"),
    [
        (None, 1),
        ("", 1),
        (" ", 1),
        ("198.51.100.1", 2),
        ("192.0.2.66, ", 1),
        ("192.0.2.66, , 10.0.0.2", 2),  # the outer proxy knew nobody; the entry before is a lie
        ("unknown", 1),
        ("198.51.100.1:4711", 1),
        ("[2001:db8::1]", 1),
        ("198.51.100.256", 1),
        ("fe80::1%eth0", 1),
        ('"198.51.100.1"', 1),
    ],
)
def test_too_few_or_malformed_entries_leave_the_address_unknown(
    forwarded: str | None, hops: int
) -> None:
    assert seen("10.0.0.1", forwarded, "https", hops)[0] is None


def test_https_must_be_said() -> None:
    for proto in (None, "", "http", "h2", "https, http", "httpsx"):
        assert seen("10.0.0.1", "198.51.100.1", proto)[1] is False
    for proto in ("https", "HTTPS", "http, https"):
        assert seen("10.0.0.1", "198.51.100.1", proto)[1] is True
    assert seen("10.0.0.1", "198.51.100.1, 10.0.0.2", "https", hops=2)[1] is True
    assert seen("10.0.0.1", "198.51.100.1, 10.0.0.2", "https, http", hops=2)[1] is True
    assert seen("10.0.0.1", "198.51.100.1, 10.0.0.2", "http, https", hops=2)[1] is False


def test_a_socket_without_an_address_has_none() -> None:
    assert origin({"REMOTE_ADDR": ""}, (), 0) == Origin(None, "", is_https=False)


def test_mapped_addresses_are_ipv4() -> None:
    assert str(parse("::ffff:192.0.2.1")) == "192.0.2.1"
    assert hexadecimal("192.0.2.1") == hexadecimal("::ffff:192.0.2.1")
    assert hexadecimal("192.0.2.1") == "00000000000000000000ffffc0000201"
    assert hexadecimal("2001:db8::") == "20010db8000000000000000000000000"
    assert hexadecimal("nowhere") == ""


@pytest.fixture(scope="module")
def proxied(shared_settings: Settings) -> Iterator[Flask]:
    """An application behind two proxies."""
    with open_app(replace(shared_settings, trusted_proxies=PROXIES, trusted_proxy_hops=2)) as app:
        yield app


@pytest.mark.parametrize(
    ("peer", "forwarded", "status"),
    [
        ("10.0.0.1", "198.51.100.1, 10.0.0.2", 200),
        ("10.0.0.1", "192.0.2.66, 198.51.100.1, 10.0.0.2", 200),
        ("10.0.0.1", "198.51.100.1, 192.0.2.66, 10.0.0.2", 403),
        ("10.0.0.1", "198.51.100.1", 403),
        ("10.0.0.1", "", 403),
        ("192.0.2.66", "198.51.100.1, 10.0.0.2", 403),
        ("198.51.100.1", "", 200),
    ],
)
def test_an_allowlist_is_judged_by_the_address_that_is_known(
    proxied: Flask, peer: str, forwarded: str, status: int
) -> None:
    account = make_account(proxied).with_key(ip_allowlist=["198.51.100.0/24"])
    answer = account.get(
        "/brands",
        environ_overrides={"REMOTE_ADDR": peer},
        headers={"X-Forwarded-For": forwarded},
    )
    assert answer.status_code == status
    if status == 403:
        problem(answer, 403, "ip_not_allowed")
        assert "RateLimit" not in answer.headers


def test_a_key_without_an_allowlist_may_come_from_nowhere(proxied: Flask) -> None:
    account = make_account(proxied)
    answer = account.get("/brands", environ_overrides={"REMOTE_ADDR": "10.0.0.1"})
    assert answer.status_code == 200
