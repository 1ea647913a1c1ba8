"""Header fields that customers may add to their webhooks: which names and values are allowed."""

from __future__ import annotations

import re

MOST = 20
MOST_BYTES = 4_096

# RFC 9110, section 5.1 and 5.5: a token; visible ASCII with spaces and tabs inside.
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile(r"[!-~](?:[ \t!-~]*[!-~])?")
# What frames a request, tells whose it is or is signed, is ours to send.
_OURS = frozenset(
    {"host", "connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "expect",
     "forwarded", "user-agent", "accept-encoding"}
)  # fmt: skip
_OUR_PREFIXES = ("content-", "x-forwarded-", "proxy-", "webhook-", "x-anthyx-")


def problem_of(name: str, value: str) -> str | None:
    """Why a header can't be sent; None where it can."""
    if not _NAME.fullmatch(name):
        return "Not a header name: letters, digits and hyphens."
    if name.lower() in _OURS or name.lower().startswith(_OUR_PREFIXES):
        return "This header is ours to set."
    if not _VALUE.fullmatch(value):
        return "Must be visible ASCII characters, with spaces only between them."
    return None


def problem_of_all(headers: dict[str, str]) -> str | None:
    """Why these can't be sent together; None where they can."""
    if len(headers) > MOST:
        return f"At most {MOST} headers are allowed."
    if len({name.lower() for name in headers}) < len(headers):
        return "A header is named twice: upper and lower case are the same."
    size = sum(len(name) + len(value) for name, value in headers.items())
    if size > MOST_BYTES:
        return f"Names and values may have {MOST_BYTES:,} bytes together, not {size:,}."
    return None


def as_spelled(patch: dict[str, str | None], known: list[str]) -> dict[str, str | None]:
    """A patch of headers, its names spelled as those that are there: case makes no other header."""
    spelled = {name.lower(): name for name in known}
    return {spelled.get(name.lower(), name): value for name, value in patch.items()}
