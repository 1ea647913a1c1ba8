"""The certificate authorities that receivers' certificates are judged by."""

from __future__ import annotations

import functools
import ssl
from pathlib import Path

import certifi

_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Alpine
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, RHEL
    "/etc/ssl/ca-bundle.pem",  # SUSE
)


@functools.cache
def ca_file() -> str:
    """The system's bundle, which `SSL_CERT_FILE` may replace; certifi's where there is none.

    A file and not a folder, because libcurl keeps what it read of a file for all connections.
    """
    own = ssl.get_default_verify_paths().cafile
    found = (path for path in (own, *_BUNDLES) if path and Path(path).is_file())
    return next(found, certifi.where())
