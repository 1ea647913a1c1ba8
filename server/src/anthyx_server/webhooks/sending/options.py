"""The options of libcurl that are the same for every request."""

from __future__ import annotations

from typing import Any

import pycurl

from anthyx_server.webhook_settings import WebhookSettings

_MAX_IDLE_SECONDS = 30
_MAX_LIFETIME_SECONDS = 600
# Longer than names are known, so that libcurl still has what it was told, and less than for ever.
_DNS_CACHE_SECONDS = 120


def options_of(settings: WebhookSettings, ca_file: str) -> dict[int, Any]:
    """The constant options; what follows from no setting is a promise of how we send."""
    return {
        pycurl.PROTOCOLS: pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS,
        pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_1_1,
        pycurl.HTTP09_ALLOWED: 0,
        pycurl.FOLLOWLOCATION: 0,
        pycurl.PATH_AS_IS: 1,
        # libcurl would honor http_proxy by itself, and its callback see the proxy's address only.
        pycurl.PROXY: "",
        pycurl.NOPROXY: "*",
        pycurl.NETRC: pycurl.NETRC_IGNORED,
        pycurl.NOSIGNAL: 1,
        pycurl.TCP_NODELAY: 1,
        pycurl.TIMEOUT_MS: milliseconds(settings.timeout_seconds),
        pycurl.CONNECTTIMEOUT_MS: milliseconds(settings.connect_timeout_seconds),
        pycurl.DNS_CACHE_TIMEOUT: _DNS_CACHE_SECONDS,
        pycurl.MAXAGE_CONN: _MAX_IDLE_SECONDS,
        pycurl.MAXLIFETIME_CONN: _MAX_LIFETIME_SECONDS,
        pycurl.SSL_VERIFYPEER: 1,
        pycurl.SSL_VERIFYHOST: 2,
        pycurl.SSLVERSION: pycurl.SSLVERSION_TLSv1_2,
        pycurl.CAINFO: ca_file,
    }


def milliseconds(seconds: float) -> int:
    """What libcurl takes as a time; 0 would mean none to it."""
    return max(1, int(seconds * 1000))
