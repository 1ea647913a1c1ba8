"""IP allowlists: what may be written, and that the gate's comparison is that of `ipaddress`."""

from __future__ import annotations

from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from anthyx_server.keys.allowlist import allows, normalize, pack

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address
MAPPED = ip_network("::ffff:0:0/96")


@st.composite
def networks(draw: st.DrawFn) -> Network:
    if draw(st.booleans()):
        return IPv4Network((draw(st.ip_addresses(v=4)), draw(st.integers(0, 32))), strict=False)
    return IPv6Network((draw(st.ip_addresses(v=6)), draw(st.integers(0, 128))), strict=False)


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Network], Address]:
    """An allowlist with an address that is often on it, or next to it."""
    listed = draw(st.lists(networks(), min_size=1, max_size=4))
    near = draw(st.sampled_from(listed))
    number = int(draw(st.sampled_from([near[0], near[-1]]))) + draw(st.integers(-1, 1))
    kind = IPv4Address if near.version == 4 else IPv6Address
    edge = kind(number) if 0 <= number < 2**near.max_prefixlen else near[0]
    return listed, draw(st.one_of(st.just(edge), st.ip_addresses()))


def expected(listed: list[Network], address: Address) -> bool:
    """What `ipaddress` says, where a mapped address or network is the IPv4 one."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return any(address in ip_network(normalize(str(network))) for network in listed)


@given(cases())
@example(([ip_network("::/0")], ip_address("192.0.2.1")))
@example(([ip_network("::/80")], ip_address("::fffe:ffff:ffff")))
@example(([ip_network("::/80")], ip_address("::1:0:0:0")))
@example(([ip_network("::fffe:0:0/95")], ip_address("192.0.2.1")))
def test_the_packed_comparison_agrees_with_ipaddress(case: tuple[list[Network], Address]) -> None:
    listed, address = case
    packed = pack(normalize(str(network)) for network in listed)
    assert len(packed) % 64 == 0
    assert allows(packed, str(address)) is expected(listed, address)


@given(st.ip_addresses(v=4), st.integers(0, 32))
def test_a_mapped_network_is_the_ipv4_network(address: Address, length: int) -> None:
    network = IPv4Network((address, length), strict=False)
    mapped = f"::ffff:{network.network_address}/{length + 96}"
    assert normalize(mapped) == normalize(str(network)) == str(network)
    packed = pack([str(network)])
    assert allows(packed, f"::ffff:{network[-1]}")
    assert allows(packed, str(network[0]))


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("192.0.2.7", "192.0.2.7/32"),
        (" 192.0.2.0/24 ", "192.0.2.0/24"),
        ("2001:DB8::1", "2001:db8::1/128"),
        ("2001:db8:0:0::/32", "2001:db8::/32"),
        ("::ffff:192.0.2.7", "192.0.2.7/32"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("::/0", "::/0"),
    ],
)
def test_a_network_is_kept_in_one_form(written: str, kept: str) -> None:
    assert normalize(written) == kept
    assert normalize(kept) == kept


@pytest.mark.parametrize(
    "written",
    [
        "192.0.2.7/24",
        "2001:db8::1/32",
        "::ffff:192.0.2.7/120",
        "fe80::1%eth0",
        "fe80::1%1/128",
        "fe80::%eth0/64",
        "192.0.2.0/33",
        "192.0.2",
        "192.0.02.1",
        "localhost",
        "",
        "192.0.2.0/24/24",
        "1",
    ],
)
def test_what_is_no_network_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        normalize(written)


@pytest.mark.parametrize("address", [None, "", "nobody", "fe80::1%eth0", "2001:db8::1%1"])
def test_an_unknown_address_is_on_no_allowlist_but_on_none_at_all(address: str | None) -> None:
    assert not allows(pack(["0.0.0.0/0", "::/0"]), address)
    assert allows(pack(None), address)


def test_all_addresses_of_one_version_are_none_of_the_other() -> None:
    assert not allows(pack(["::/0"]), "192.0.2.1")
    assert not allows(pack(["::/0"]), "::ffff:192.0.2.1")
    assert not allows(pack(["0.0.0.0/0"]), "2001:db8::1")
    assert ip_address("::ffff:192.0.2.1") in MAPPED
