"""The error codes of attempts, from what libcurl and the receiver said."""

from __future__ import annotations

from dataclasses import dataclass

import pycurl

# X509_V_ERR_… of OpenSSL, as SSL_VERIFYRESULT gives them.
_OUT_OF_TIME = {9, 10}
_OF_THE_NAME = {0, 1, 62, 64}  # libcurl compares the name by itself where OpenSSL finds no fault


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt failed; `detail` tells the customer what to change."""

    code: str
    detail: str
    holds_endpoint: bool


ADDRESS_NOT_ALLOWED = Failure(
    "address_not_allowed",
    "The address is not allowed: webhooks go to public addresses.",
    holds_endpoint=True,
)
NAME_NOT_FOUND = Failure(
    "dns_failed",
    "The host's name did not resolve: check its spelling and its DNS records.",
    holds_endpoint=True,
)
NAME_TOO_SLOW = Failure(
    "dns_failed",
    "The host's name did not resolve in time: check the name servers of its domain.",
    holds_endpoint=True,
)
NOT_CONNECTED = Failure(
    "connect_failed",
    "The connection was refused or the host unreachable: check that it listens on this port "
    "and that its firewall lets us in.",
    holds_endpoint=True,
)
CONNECT_TIMEOUT = Failure(
    "connect_timeout",
    "The host did not accept the connection in time: check that its firewall lets us in.",
    holds_endpoint=True,
)
TLS_TIMEOUT = Failure(
    "connect_timeout",
    "The host accepted the connection but did not finish the TLS handshake in time.",
    holds_endpoint=True,
)
TIMEOUT = Failure(
    "timeout",
    "No complete answer came in time: answer with 2xx at once and do the work afterwards.",
    holds_endpoint=True,
)
CONNECTION_LOST = Failure(
    "connection_lost",
    "The connection was closed, or the answer broke off, before it was complete.",
    holds_endpoint=True,
)
HEADERS_TOO_LARGE = Failure(
    "headers_too_large",
    "The answer's headers are too many, or larger than 64 KiB.",
    holds_endpoint=False,
)
PROTOCOL_ERROR = Failure(
    "protocol_error",
    "What came back is not valid HTTP/1.1: check that a web server listens on this port.",
    holds_endpoint=False,
)
INVALID_REQUEST = Failure(
    "invalid_request",
    "The request cannot be written: check the URL and the values of the custom headers.",
    holds_endpoint=False,
)
_TLS_NAME = "The TLS certificate is for another host name."
_TLS_EXPIRED = "The TLS certificate has expired or is not valid yet: renew it."
_TLS_CHAIN = (
    "The TLS certificate is not trusted: serve one of a public authority, with its whole chain "
    "of intermediate certificates."
)
_TLS_OTHER = (
    "The TLS handshake failed: check that the port speaks TLS 1.2 or newer with a current cipher."
)

_HELD_STATUSES = frozenset({429, 502, 503, 504})
# The connection was lost.
LOST = frozenset(
    {
        pycurl.E_GOT_NOTHING,
        pycurl.E_RECV_ERROR,
        pycurl.E_SEND_ERROR,
        pycurl.E_PARTIAL_FILE,
        pycurl.E_SEND_FAIL_REWIND,
        pycurl.E_ABORTED_BY_CALLBACK,
        pycurl.E_READ_ERROR,
    }
)
_TLS = frozenset(
    {
        pycurl.E_SSL_CONNECT_ERROR,
        pycurl.E_PEER_FAILED_VERIFICATION,
        pycurl.E_SSL_CERTPROBLEM,
        pycurl.E_SSL_CIPHER,
        pycurl.E_SSL_CACERT_BADFILE,
        pycurl.E_SSL_ISSUER_ERROR,
        pycurl.E_SSL_INVALIDCERTSTATUS,
        pycurl.E_USE_SSL_FAILED,
    }
)
_TOO_LARGE = 100  # CURLE_TOO_LARGE, which pycurl has no name for
_PLAIN = {
    _TOO_LARGE: HEADERS_TOO_LARGE,
    pycurl.E_COULDNT_RESOLVE_HOST: NAME_NOT_FOUND,
    pycurl.E_COULDNT_CONNECT: NOT_CONNECTED,
    pycurl.E_URL_MALFORMAT: INVALID_REQUEST,
    pycurl.E_BAD_FUNCTION_ARGUMENT: INVALID_REQUEST,
}


def of_status(status: int) -> Failure:
    """The failure of a complete answer that is not 2xx."""
    if 300 <= status < 400:
        detail = f"The answer was {status}: redirects are not followed, give the final URL."
    elif status == 410:
        detail = "The answer was 410: the endpoint says that it is gone."
    elif status in {401, 403}:
        detail = f"The answer was {status}: let requests in that carry a valid signature."
    elif status == 404:
        detail = "The answer was 404: check the path of the URL."
    else:
        detail = f"The answer was {status}, and only 2xx counts as received."
    return Failure("http_status", detail, holds_endpoint=status in _HELD_STATUSES)


def of_error(error: int, *, is_connected: bool, is_ready: bool) -> Failure:
    """The failure behind an error of libcurl, by how far the attempt got.

    `is_ready` says that the connection stood, with TLS.
    """
    if error == pycurl.E_OPERATION_TIMEDOUT:
        if is_ready:
            return TIMEOUT
        return TLS_TIMEOUT if is_connected else CONNECT_TIMEOUT
    if error in LOST:
        return CONNECTION_LOST
    return _PLAIN.get(error, PROTOCOL_ERROR)


def is_of_tls(error: int) -> bool:
    """True where TLS failed; `of_tls` says how."""
    return error in _TLS


def of_tls(error: int, verification: int) -> Failure:
    """The failure of a TLS handshake; `verification` is OpenSSL's judgment of the chain."""
    detail = _TLS_OTHER
    if error == pycurl.E_PEER_FAILED_VERIFICATION:
        if verification in _OF_THE_NAME:
            detail = _TLS_NAME
        elif verification in _OUT_OF_TIME:
            detail = _TLS_EXPIRED
        else:
            detail = _TLS_CHAIN
    return Failure("tls_failed", detail, holds_endpoint=True)
