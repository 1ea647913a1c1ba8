"""Which addresses are public, which are a private network's, and which nobody may be sent to.

Own lists: `ipaddress.is_global` is True for addresses that lead inside, such as 64:ff9b::7f00:1
(NAT64 of 127.0.0.1), 2002:a9fe:a9fe:: (6to4 of 169.254.169.254) and 224.0.0.1.
"""

from __future__ import annotations

import functools
import ipaddress

IPv4 = ipaddress.IPv4Address
IPv6 = ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Reachable where the operator allows private destinations.
_PRIVATE = tuple(
    ipaddress.ip_network(block)
    for block in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1", "fc00::/7")
)

# Never reachable, whatever else allows it: they answer with a cloud's credentials or settings.
_METADATA = tuple(
    ipaddress.ip_network(block)
    for block in (
        "169.254.0.0/16",  # nearly all clouds
        "168.63.129.16",  # Azure: a public address that leads inside
        "100.100.100.200",  # Alibaba
        "192.0.0.192",  # Oracle
        "fd00:ec2::/32",  # AWS: metadata, and the credentials of pods
        "fd20:ce::/32",  # Google
        "fd00:42::42",  # Scaleway
        "fd00:c1::/32",  # Oracle
    )
)

# The special-purpose ranges of IPv4 (IANA, RFC 6890), the private ones apart.
_SPECIAL_4 = tuple(
    ipaddress.ip_network(block)
    for block in (
        "0.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT
        "169.254.0.0/16",  # link-local
        "192.0.0.0/24",
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # relays of 6to4
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)

# Of IPv6 only what is given out at all, less its special-purpose blocks.
_GLOBAL_6 = ipaddress.ip_network("2000::/3")
_SPECIAL_6 = tuple(
    ipaddress.ip_network(block)
    for block in (
        "2001::/23",  # protocols: Teredo, ORCHID, benchmarks
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which carries an IPv4 address
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def parse(address: str) -> IPv4 | IPv6 | None:
    """The address, or None where it isn't one in its usual spelling or has a zone."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    return None if isinstance(parsed, IPv6) and parsed.scope_id is not None else parsed


def behind(address: IPv4 | IPv6) -> IPv4 | IPv6:
    """The IPv4 address that a NAT64 one leads to, or the address itself."""
    return IPv4(int(address) & 0xFFFF_FFFF) if address in _NAT64 else address


@functools.lru_cache(maxsize=4096)
def is_reachable(address: IPv4 | IPv6, *, are_private_allowed: bool) -> bool:
    """True where it is public, or of a private network and these are allowed."""
    if _is_in(address, _METADATA):
        return False
    if are_private_allowed and _is_in(address, _PRIVATE):
        return True
    if isinstance(address, IPv4):
        return not _is_in(address, _SPECIAL_4) and not _is_in(address, _PRIVATE)
    if address in _NAT64:
        # RFC 6052: no private IPv4 address is ever reached through this prefix.
        return is_reachable(behind(address), are_private_allowed=False)
    return address in _GLOBAL_6 and not _is_in(address, _SPECIAL_6)


def _is_in(address: IPv4 | IPv6, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks)
