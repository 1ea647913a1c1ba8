"""IP allowlists: networks as customers write them, and as the gate compares them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from anthyx_server.addresses import hexadecimal
from anthyx_server.environment import Network

MAX_ENTRIES = 100
_MAPPED_PREFIX = 96
# IPv4 addresses are compared as ::ffff:0:0/96; these are what lies around it, and its start.
_BEFORE_MAPPED, _MAPPED, _AFTER_MAPPED = (
    f"{number:032x}" for number in ((0xFFFF << 32) - 1, 0xFFFF << 32, 1 << 48)
)


def normalize(text: str) -> str:
    """A network in CIDR notation; a single address stands for itself alone.

    Raises:
        ValueError: not an address or network, or host bits are set.
    """
    network: Network = ipaddress.ip_network(text.strip())
    if isinstance(network, ipaddress.IPv6Network):
        if network.network_address.scope_id:
            raise ValueError("an address with a zone has no meaning on the server")
        mapped = network.network_address.ipv4_mapped
        if mapped is not None and network.prefixlen >= _MAPPED_PREFIX:
            network = ipaddress.IPv4Network((mapped, network.prefixlen - _MAPPED_PREFIX))
    return str(network)


def plain(network: str) -> str:
    """A network as people write it: a single address without its length."""
    address, _, length = network.partition("/")
    return address if length == ("128" if ":" in address else "32") else network


def pack(networks: Iterable[str] | None) -> str:
    """The networks as pairs of 32 hexadecimal digits, first and last address, end to end.

    An IPv6 network around the mapped addresses becomes two pairs: it doesn't hold any IPv4.
    """
    packed = []
    for text in networks or ():
        network = ipaddress.ip_network(text)
        first, last = hexadecimal(str(network[0])), hexadecimal(str(network[-1]))
        is_around = network.version == 6 and first < _MAPPED <= last
        packed += [first, _BEFORE_MAPPED, _AFTER_MAPPED, last] if is_around else [first, last]
    return "".join(packed)


def allows(packed: str, address: str | None) -> bool:
    """True where there is no allowlist or the address is on it; an unknown address never is."""
    if not packed:
        return True
    digits = hexadecimal(address) if address else ""
    if not digits:
        return False
    return any(
        packed[start : start + 32] <= digits <= packed[start + 32 : start + 64]
        for start in range(0, len(packed), 64)
    )
