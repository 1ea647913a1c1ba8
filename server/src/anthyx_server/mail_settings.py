"""Settings of mail: the server that takes it, and whom it is from."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from anthyx_server.environment import ConfigurationError, Environment

_PORTS = {"smtp": 587, "smtps": 465}
_SENDER = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,189}")
_FORM = "smtp://user:password@host:port or smtps://…"


@dataclass(frozen=True)
class MailSettings:
    """How mail is handed over: with TLS from the start, after STARTTLS, or in the clear."""

    host: str
    port: int
    sender: str
    is_tls: bool = False
    is_starttls: bool = False
    user: str | None = None
    password: str | None = field(default=None, repr=False)


def read_mail_settings(env: Environment, public_url: str) -> MailSettings | None:
    """The settings of mail; None where nothing is mailed.

    Raises:
        ConfigurationError: a value is malformed, or a password would travel in the clear.
    """
    sender = env.text("MAIL_FROM") or f"anthyx@{_mail_host(public_url)}"
    if not _SENDER.fullmatch(sender):
        raise ConfigurationError("ANTHYX_MAIL_FROM must be an address such as anthyx@example.com")
    url = env.secret("SMTP_URL")
    return None if url is None else _parsed(url, sender)


def _parsed(url: str, sender: str) -> MailSettings:
    # What is wrong with it is not quoted: there is a password in it.
    refusal = ConfigurationError(f"ANTHYX_SMTP_URL must look like {_FORM}")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or _PORTS[parts.scheme]
    except (KeyError, ValueError):
        raise refusal from None
    if parts.scheme not in _PORTS or not host or parts.path not in {"", "/"} or parts.fragment:
        raise refusal
    is_tls = parts.scheme == "smtps"
    is_starttls = not is_tls and _is_starttls(parts, default=not _is_loopback(host))
    user = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password else None
    if (user is None) != (password is None):
        raise ConfigurationError("ANTHYX_SMTP_URL needs both a user and a password, or neither")
    if password and not (is_tls or is_starttls or _is_loopback(host)):
        raise ConfigurationError(
            "ANTHYX_SMTP_URL would send a password in the clear: drop ?starttls=off"
        )
    return MailSettings(host, port, sender, is_tls, is_starttls, user, password)


def _is_starttls(parts: SplitResult, *, default: bool) -> bool:
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    given = options.pop("starttls", "on" if default else "off")
    if options or given not in {"on", "off"}:
        raise ConfigurationError("ANTHYX_SMTP_URL takes the option ?starttls=on or =off alone")
    return given == "on"


def _mail_host(public_url: str) -> str:
    host = urlsplit(public_url).hostname or ""
    return host if re.fullmatch(r"[a-z0-9.-]*[a-z][a-z0-9.-]*", host) else "localhost"


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
