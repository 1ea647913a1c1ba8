"""Which addresses may be dialled at all, range by range."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anthyx_server.webhooks.sending.destination import Policy, is_allowed

PUBLIC = Policy()
PRIVATE = Policy(are_private_allowed=True)

OPEN = ["1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0",
        "126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255",
        "172.32.0.0", "192.0.1.0", "192.0.3.0", "192.167.255.255", "192.169.0.0", "198.17.255.255",
        "198.20.0.0", "223.255.255.255", "2606:4700::1111", "2a00:1450::1", "2001:200::1",
        "2620:4f:8001::", "3fff:1000::", "64:ff9b::808:808", "64:ff9b::8.8.8.8"]  # fmt: skip
INSIDE = ["127.0.0.1", "127.255.255.255", "10.0.0.0", "10.255.255.255", "172.16.0.0",
          "172.31.255.255", "192.168.0.0", "192.168.255.255", "::1", "fc00::", "fd12:3456::1",
          "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]  # fmt: skip
NEVER = [
    # IPv4: this network, carrier-grade NAT, link-local and metadata, protocols, documentation
    "0.0.0.0", "0.1.2.3", "100.64.0.1", "100.127.255.255", "100.100.100.200", "169.254.0.0",  # noqa: S104
    "169.254.169.254", "169.254.170.2", "168.63.129.16", "192.0.0.1", "192.0.0.192", "192.0.2.1",
    "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.175.48.1", "198.18.0.1", "198.19.255.255",
    "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    # IPv6: unspecified, mapped, compatible, translated, discard, link- and site-local, multicast
    "::", "::2", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "::7f00:1", "::ffff:0:7f00:1",
    "100::1", "fe80::1", "fe80::a9fe:a9fe", "febf::1", "fec0::1", "ff02::1", "ff0e::1", "4000::1",
    # 6to4, Teredo, ORCHID, benchmarks, documentation, segment routing, AS112
    "2002:a9fe:a9fe::", "2002:7f00:1::", "2001::1", "2001:10::1", "2001:20::1", "2001:2::1",
    "2001:db8::1", "3fff::1", "3fff:fff::1", "5f00::1", "2620:4f:8000::1",
    # NAT64 of what is not public, and its local prefix
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b::a00:1", "64:ff9b:1::808:808",
    # metadata and credentials of clouds in the private range
    "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fd00:42::42", "fd00:c1::a9fe:a9fe",
    # no address, or with a zone
    "", "127.1", "0x7f.1", "2130706433", "0177.0.0.1", "①②⑦.0.0.1", "8.8.8.8%1",
    "fe80::1%eth0", "2606:4700::1%1", "::1%lo", "8.8.8.8/32", " 8.8.8.8", "example.com",
]  # fmt: skip


@pytest.mark.parametrize("address", OPEN)
def test_public(address: str) -> None:
    assert is_allowed(address, PUBLIC)
    assert is_allowed(address, PRIVATE)


@pytest.mark.parametrize("address", INSIDE)
def test_private(address: str) -> None:
    assert not is_allowed(address, PUBLIC)
    assert is_allowed(address, PRIVATE)


@pytest.mark.parametrize("address", NEVER)
def test_never(address: str) -> None:
    assert not is_allowed(address, PUBLIC)
    assert not is_allowed(address, PRIVATE)


@given(st.ip_addresses())
def test_nothing_is_open_that_python_knows_as_special(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if is_allowed(str(address), PUBLIC):
        assert address.is_global or str(address).startswith("64:ff9b:")
        assert not address.is_multicast


@given(st.ip_addresses(v=4))
def test_nat64_is_judged_by_what_is_behind_it(address: ipaddress.IPv4Address) -> None:
    behind = str(ipaddress.IPv6Address((0x64FF9B << 96) | int(address)))
    assert is_allowed(behind, PUBLIC) == is_allowed(str(address), PUBLIC)
    assert is_allowed(behind, PRIVATE) == is_allowed(str(address), PUBLIC)


@pytest.mark.parametrize(
    ("denied", "address", "port", "allowed"),
    [
        ("8.8.8.8", "8.8.8.8", 443, False),
        ("8.8.8.8", "8.8.4.4", 443, True),
        ("8.8.8.0/24", "8.8.8.9", 443, False),
        ("8.8.8.9/24", "8.8.8.1", 443, False),
        ("2606:4700::/32", "2606:4700::1", 443, False),
        ("[2606:4700::1]", "2606:4700::1", 443, False),
        ("2606:4700::1", "2606:4700::1", 443, False),
        ("[2606:4700::1]:443", "2606:4700::1", 443, False),
        ("[2606:4700::1]:443", "2606:4700::1", 8443, True),
        ("8.8.8.8:443", "8.8.8.8", 443, False),
        ("8.8.8.8:443", "8.8.8.8", 8443, True),
        ("8.8.8.8", "64:ff9b::808:808", 443, False),
        ("example.com", "8.8.8.8", 443, True),
    ],
)
def test_what_the_operator_denies(denied: str, address: str, port: int, allowed: bool) -> None:
    assert is_allowed(address, Policy(denied_hosts=("other.example", denied)), port) == allowed
