"""Checks the base URL: https, or plain http to this machine, because the key travels with it."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from .errors import ConfigurationError

DEFAULT_BASE_URL = "https://api.useanthyx.com/v1"


def checked_base_url(url: str) -> str:
    """The URL without its trailing slash.

    Raises:
        ConfigurationError: it is not an absolute https URL, or has a query or a password in it.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ConfigurationError("base_url is not a URL") from None
    if (
        parts.scheme not in {"https", "http"}
        or not host
        or not (url.isascii() and url.isprintable())
    ):
        raise ConfigurationError(f"base_url must be like {DEFAULT_BASE_URL}")
    if parts.username is not None or parts.query or parts.fragment:
        raise ConfigurationError("base_url must not have a user, a password, a query or a fragment")
    if parts.scheme == "http" and not is_loopback(host):
        raise ConfigurationError(
            "base_url is plain http: the API key would travel unencrypted. Use https; "
            "http is for this machine only (localhost, 127.0.0.1, [::1])."
        )
    return url.rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether the host is this machine by its name or address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
