"""What states, errors and reasons are in words, and what to do about them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, NamedTuple

from anthyx_server import clock, events

OUTCOMES = {
    "pending": ("Waiting", ""),
    "succeeded": ("Delivered", "good"),
    "failed": ("Will be retried", "warn"),
    "dead": ("Failed for good", "bad"),
    "skipped": ("Skipped", ""),
}

STATES = {
    "healthy": ("Healthy", "good"),
    "failing": ("Failing", "bad"),
    "held": ("Held back", "bad"),
    "disabled": ("Disabled", ""),
}

TRIGGERS = {
    "automatic": "automatic",
    "manual": "sent again by hand",
    "recovery": "sent again after failures",
    "test": "test",
}

DISABLED_BECAUSE = {
    "requested": "Somebody disabled this endpoint.",
    "failing": (
        "We disabled this endpoint: nothing was delivered for days. Look at what the latest "
        "attempts say, repair it, send a test event, then enable it."
    ),
    "gone": (
        "We disabled this endpoint: it answered 410, which says that it is gone for good. "
        "If it is not, answer 2xx, then enable it."
    ),
    "brands_deleted": (
        "We disabled this endpoint: the last of its brands was deleted. "
        "Edit it and choose other brands, then enable it."
    ),
    "key_leaked": (
        "We disabled this endpoint: the API key that made it was found in public. Look whether the "
        "destination is yours. If it is, rotate the secret, then enable it."
    ),
}


class Cause(NamedTuple):
    """Why an attempt failed, and what to change."""

    what: str
    advice: str


_BY_ERROR = {
    "timeout": Cause(
        "Your server connected, but did not finish its answer in time.",
        "Answer 2xx as soon as the event is stored, and do the work afterwards.",
    ),
    "connection_lost": Cause(
        "The connection was closed before the answer was complete.",
        "Look at the logs of your server, and of the proxy or load balancer before it.",
    ),
    "connect_failed": Cause(
        "The connection was refused, or the host can't be reached.",
        "Check that your server runs and listens on this port, and that its firewall lets us in.",
    ),
    "connect_timeout": Cause(
        "Your server did not accept the connection in time.",
        "Check its firewall: it seems to drop our packets instead of refusing them.",
    ),
    "tls_failed": Cause(
        "The TLS certificate or the handshake failed.",
        "Renew the certificate, serve it with all intermediate certificates, and allow TLS 1.2 "
        "or newer.",
    ),
    "dns_failed": Cause(
        "The name of the host did not resolve.",
        "Check the spelling of the URL, and the DNS records of the domain.",
    ),
    "address_not_allowed": Cause(
        "The name of the host leads to an address that webhooks don't go to.",
        "Webhooks go to public addresses: let the name point to one.",
    ),
    "protocol_error": Cause(
        "What came back is not an HTTP answer.",
        "Check that a web server listens on this port.",
    ),
    "headers_too_large": Cause(
        "The answer has more than 64 KiB or 5,000 headers.", "Send fewer headers."
    ),
    "invalid_request": Cause(
        "The URL or a custom header can't be written into a request.",
        "Edit the endpoint and correct it.",
    ),
    "interrupted": Cause(
        "Our process ended in the middle of the attempt; it is made again.",
        "Nothing: but your server may have seen the request already.",
    ),
}

_BY_STATUS = {
    400: "If your code refused the signature, check that it uses this endpoint's secret and the "
    "raw bytes of the body. Then answer 2xx.",
    401: "Let requests in that carry a valid signature: we send no other credentials, but for "
    "headers that you add.",
    403: "Let requests in that carry a valid signature. A firewall or bot protection may stand "
    "before your server.",
    404: "Check the path of the URL, and that your server knows it.",
    405: "Accept POST at this URL.",
    410: "410 says that the endpoint is gone for good, and disables it. Answer 2xx if it is not.",
    413: "Let your server take larger bodies: events may have some hundred kilobytes.",
    415: "Accept bodies of the type application/json.",
    429: "Your server asks us to slow down: give the endpoint a rate limit, or raise its own.",
}
_REDIRECT = "Redirects are not followed: give the final URL."
_BROKEN = "Your server failed as it handled the event: look at its logs."
_OTHER = "Only 2xx counts as received: answer 204 once the event is stored."


def cause_of(failure: Mapping[str, Any]) -> Cause:
    """The cause of an attempt that failed, by its `status_code` or `error_code`."""
    status = failure["status_code"]
    known = _BY_ERROR.get(failure["error_code"] or "")
    if known is not None:
        return known
    if status is None:
        return Cause("The attempt failed.", "Look at the attempt for more.")
    return Cause(f"Your server answered {named(status)}.", _advice(status))


def _advice(status: int) -> str:
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if 300 <= status < 400:
        return _REDIRECT
    return _BROKEN if status >= 500 else _OTHER


def named(status: int) -> str:
    """A status with its name: `404 Not Found`."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


ERRORS = {
    "timeout": "No answer in time",
    "connection_lost": "Connection lost",
    "connect_failed": "No connection",
    "connect_timeout": "No connection in time",
    "tls_failed": "TLS failed",
    "dns_failed": "Name not found",
    "address_not_allowed": "Address not allowed",
    "protocol_error": "No HTTP answer",
    "headers_too_large": "Too many headers",
    "invalid_request": "Request not possible",
    "interrupted": "Interrupted",
}


def answer(attempt: Mapping[str, Any] | None) -> str:
    """What came back, in a few words."""
    if attempt is None:
        return "—"
    if attempt["error_code"] in ERRORS:
        return ERRORS[attempt["error_code"]]
    return "—" if attempt["status_code"] is None else named(attempt["status_code"])


def duration(milliseconds: int | None) -> str:
    """`740 ms`, `2.5 s`."""
    if milliseconds is None:
        return "—"
    return f"{milliseconds} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"


def subscribed(event_types: list[str]) -> str:
    """What an endpoint subscribed to, in a few words."""
    parts = []
    for name in event_types:
        family, _, rest = name.partition(".")
        parts.append("all events" if name == "*" else f"all of {family}.*" if rest == "*" else name)
    return ", ".join(parts) or "nothing"


def catalogue() -> list[tuple[str, str, list[tuple[str, str]]]]:
    """The events there are: each family's name, its title, and its types with a line on each."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name, line in events.DESCRIPTIONS.items():
        found.setdefault(name.partition(".")[0], []).append((name, line))
    return [(family, events.FAMILIES[family], types) for family, types in found.items()]


def until(moment: str) -> str:
    """How long it takes until a time, in words."""
    seconds = (datetime.fromisoformat(moment) - clock.now()).total_seconds()
    if seconds < 60:
        return "in under a minute"
    for name, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        count = round(seconds / length)
        if seconds >= length:
            return f"in {count} {name}{'' if count == 1 else 's'}"
    return "now"
