"""Where a request comes from, and whether it came over HTTPS, past proxies that are trusted."""

from __future__ import annotations

import functools
import ipaddress
from dataclasses import dataclass
from typing import Any

from anthyx_server.environment import Network

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Origin:
    """`address` is None where trusted proxies did not say it; `peer` is the socket's other end."""

    address: str | None
    peer: str
    is_https: bool


def origin(environ: dict[str, Any], proxies: tuple[Network, ...], hops: int) -> Origin:
    """Judge one request.

    `X-Forwarded-For` and `-Proto` count only where the socket's peer is a trusted proxy, and
    only the entry that the outermost of `hops` proxies wrote.
    """
    peer: str = environ.get("REMOTE_ADDR", "")
    scheme: str = environ.get("wsgi.url_scheme", "http")
    peer_address = parse(peer)
    if not hops or peer_address is None or not any(peer_address in net for net in proxies):
        return _direct(peer, scheme)
    forwarded = _entry(environ.get("HTTP_X_FORWARDED_FOR", ""), hops)
    address = parse(forwarded) if forwarded else None
    proto = _entry(environ.get("HTTP_X_FORWARDED_PROTO", ""), hops) or _entry(
        environ.get("HTTP_X_FORWARDED_PROTO", ""), 1
    )
    is_https = proto is not None and proto.lower() == "https"
    return Origin(None if address is None else str(address), peer, is_https)


@functools.lru_cache(maxsize=4096)
def _direct(peer: str, scheme: str) -> Origin:
    address = parse(peer)
    return Origin(None if address is None else str(address), peer, scheme == "https")


def _entry(header: str, hops: int) -> str | None:
    entries = header.split(",")
    return entries[-hops].strip() if len(entries) >= hops else None


@functools.lru_cache(maxsize=4096)
def parse(text: str) -> Address | None:
    """An address without a zone, IPv4-mapped IPv6 as IPv4; None where it is none."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id:
            return None
        return address.ipv4_mapped or address
    return address


def source(text: str) -> str:
    """Whom to count by: an IPv4 address, or of IPv6 the /64, which is one customer's as a rule."""
    address = parse(text)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.IPv6Network((int(address), 64), strict=False))
    return text if address is None else str(address)


@functools.lru_cache(maxsize=4096)
def hexadecimal(text: str) -> str:
    """32 digits that sort as the address does, IPv4 as ::ffff:0:0/96; empty for no address."""
    address = parse(text)
    if address is None:
        return ""
    number = int(address)
    return f"{number | 0xFFFF << 32 if address.version == 4 else number:032x}"
