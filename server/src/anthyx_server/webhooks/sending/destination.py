"""Where webhooks may go: URLs as customers give them, and addresses as sockets are opened."""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

import idna

from anthyx_server.webhook_settings import WebhookSettings
from anthyx_server.webhooks.sending import networks
from anthyx_server.webhooks.sending.resolving import BoundedLookUp, LookUp

MAX_LENGTH = 2048
NOT_ALLOWED = "The address is not allowed: webhooks go to public addresses."

_PORTS = {"https": 443, "http": 80}
_SHAPE = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]+)(/[^?#]*)?(\?[^#]*)?(#.*)?")
_AUTHORITY = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]*)(?::([0-9]*))?")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
# Where a name ends so, some parsers read an address: 127.1, 0x7f.1, 2130706433.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_UNWRITABLE = re.compile(r"[\x00-\x20\x7f\\]|\s")
_REST = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*")
_OTHER_DOTS = re.compile("[\u3002\uff0e\uff61]")


class BadDestination(ValueError):
    """Nothing may be sent there; the text tells the customer what would be right."""


class ForbiddenDestination(BadDestination):
    """It is written well, but leads where nothing may be sent."""


@dataclass(frozen=True)
class Policy:
    """Which destinations are allowed.

    `denied_hosts` are names (with every name below them), addresses and networks; a name or an
    address may end in `:port`, and is then denied on that port alone.
    """

    are_private_allowed: bool = False
    denied_hosts: tuple[str, ...] = ()


def policy_of(settings: WebhookSettings, public_url: str) -> Policy:
    """The operator's policy, by which the public host of this server is denied too.

    Of a server that is reached through the loopback only its own port is, so that webhooks can go
    to other programs on the machine.
    """
    url = urlsplit(public_url)
    own = (url.hostname or "").rstrip(".")
    address = networks.parse(own)
    if own == "localhost" or (address is not None and address.is_loopback):
        port = url.port or _PORTS[url.scheme]
        hosts = {_joined(own, port), f"localhost:{port}", f"127.0.0.1:{port}", f"[::1]:{port}"}
    else:
        hosts = {own}
    return Policy(settings.are_private_allowed, (*settings.denied_hosts, *sorted(hosts)))


@dataclass(frozen=True)
class Destination:
    """A URL that is written as it should be, in its parts; `host` is a name or an address."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def is_literal(self) -> bool:
        """True where the host is an address."""
        return networks.parse(self.host) is not None

    def __str__(self) -> str:
        """The URL rebuilt from these parts, which every parser reads alike."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.target}"


def judge_url(url: str, policy: Policy, look_up: LookUp | None = None) -> str:
    """The URL as it is kept, where webhooks may go there.

    Looks its name up, which may take 3 s: no transaction should be open. One address that isn't
    allowed refuses the name. One that doesn't resolve in time is accepted: every address is
    judged again as its socket is opened.

    Raises:
        BadDestination: it is written wrongly; a ForbiddenDestination, or leads where nothing
            may be sent.
    """
    destination = parse(url, policy)
    if not destination.is_literal:
        for address in (look_up or BoundedLookUp())(destination.host):
            if not is_allowed(address, policy, destination.port):
                raise ForbiddenDestination(NOT_ALLOWED)
    return str(destination)


def parse(url: str, policy: Policy) -> Destination:
    """The parts of a URL, without looking up its name.

    Raises:
        BadDestination: as `judge_url`.
    """
    if len(url) > MAX_LENGTH:
        raise BadDestination(f"Must be at most {MAX_LENGTH} characters.")
    if _UNWRITABLE.search(url):
        raise BadDestination("Must not contain spaces, control characters or backslashes.")
    found = _SHAPE.fullmatch(url)
    if found is None:
        raise BadDestination("Must be a whole URL, such as https://example.com/webhooks.")
    scheme, authority, path, query, fragment = found.groups()
    if fragment is not None:
        raise BadDestination("Must not have a fragment (#…): it is never sent.")
    # libcurl leaves an empty query out.
    target = (path or "/") + (query if query and query != "?" else "")
    if not _REST.fullmatch(target):
        raise BadDestination(
            "Path and query may only contain the characters of RFC 3986: percent-encode others."
        )
    scheme = _scheme(scheme.lower(), policy)
    destination = Destination(scheme, *_host_and_port(authority, scheme, policy), target)
    _judge_host(destination, policy)
    return destination


def is_allowed(address: str, policy: Policy, port: int | None = None) -> bool:
    """True where a socket to this address may be opened."""
    parsed = networks.parse(address)
    if parsed is None:
        return False
    denied = _denied(policy.denied_hosts)
    return networks.is_reachable(
        parsed, are_private_allowed=policy.are_private_allowed
    ) and not denied.has_address(parsed, port)


def _scheme(scheme: str, policy: Policy) -> str:
    if scheme == "https" or (scheme == "http" and policy.are_private_allowed):
        return scheme
    raise BadDestination("Must begin with https://.")


def _host_and_port(authority: str, scheme: str, policy: Policy) -> tuple[str, int]:
    if "@" in authority:
        raise BadDestination(
            "Must not contain a user name or password: send credentials in custom headers."
        )
    found = _AUTHORITY.fullmatch(authority)
    if found is None or found[2] == "":
        raise BadDestination("The host must be a name or an address, and the port a number.")
    port = _PORTS[scheme] if found[2] is None else _port(found[2])
    is_usual = port == 443 or 1024 <= port <= 65_535
    if not is_usual and not (port == 80 and policy.are_private_allowed):
        raise BadDestination("The port must be 443, or one from 1024 to 65535.")
    return _host(found[1]), port


def _port(digits: str) -> int:
    if not digits.isascii() or len(digits) > 5 or digits.startswith("0"):
        raise BadDestination("The port must be 443, or one from 1024 to 65535.")
    return int(digits)


def _host(written: str) -> str:
    """A name in lower-case ASCII without its last dot, or an address as it is usually written."""
    if written.startswith("["):
        address = networks.parse(written[1:-1])
        if not isinstance(address, networks.IPv6):
            raise BadDestination("What stands in brackets must be an IPv6 address without a zone.")
        return str(address)
    name = _ascii(written).removesuffix(".")
    labels = name.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        if networks.parse(name) is None:
            raise BadDestination("Must have an IPv4 address as four decimal numbers, or a name.")
        return name
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise BadDestination("The host must be a name of letters, digits, hyphens and dots.")
    return name


def _ascii(written: str) -> str:
    """The name as DNS has it; RFC 5891 without the mappings on which programs disagree."""
    if written.isascii():
        return written.lower()
    try:
        return "" if _OTHER_DOTS.search(written) else idna.encode(written.lower()).decode()
    except (idna.IDNAError, UnicodeError):
        raise BadDestination(
            "The host is no valid internationalized name: write it in its xn-- form."
        ) from None


def _judge_host(destination: Destination, policy: Policy) -> None:
    if destination.is_literal:
        is_good = is_allowed(destination.host, policy, destination.port)
    else:
        is_good = not _denied(policy.denied_hosts).has_name(destination.host, destination.port)
    if not is_good:
        raise ForbiddenDestination(NOT_ALLOWED)


class _Denied:
    """What the operator denies, ready to be compared with."""

    def __init__(self, hosts: Iterable[str]) -> None:
        self._names: list[tuple[str, int | None]] = []
        self._networks: list[tuple[networks.Network, int | None]] = []
        for entry in hosts:
            host, port = _split(entry)
            try:
                self._networks.append((ipaddress.ip_network(host, strict=False), port))
            except ValueError:
                self._names.append((host.rstrip("."), port))

    def has_name(self, name: str, port: int) -> bool:
        return any(
            (name == denied or name.endswith("." + denied)) and at in {None, port}
            for denied, at in self._names
        )

    def has_address(self, address: networks.IPv4 | networks.IPv6, port: int | None) -> bool:
        meant = {address, networks.behind(address)}
        return any(
            at in {None, port} and any(one in network for one in meant)
            for network, at in self._networks
        )


_denied = functools.lru_cache(maxsize=16)(_Denied)


def _split(entry: str) -> tuple[str, int | None]:
    """`host`, `host:port`, `[v6]:port` or a bare IPv6 address or network, in its parts."""
    found = _AUTHORITY.fullmatch(entry.lower())
    if found is None:
        return entry.lower(), None
    return found[1].strip("[]"), int(found[2]) if found[2] else None


def _joined(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
