"""ETag, If-Match and If-None-Match (RFC 9110, section 13) over a resource's version."""

from __future__ import annotations

from flask import Request

from anthyx_server.errors import PreconditionFailed


def entity_tag(version: int, status: str = "") -> str:
    """A strong entity tag, with its quotes.

    A resource whose status follows from the time alone adds it: its version stays.
    """
    return f'"{version}-{status}"' if status else f'"{version}"'


def require_match(if_match: str | None, current: str) -> None:
    """Check `If-Match` against the current entity tag, by strong comparison.

    Raises:
        PreconditionFailed: none of the tags is the current one.
    """
    if if_match is None or if_match.strip() == "*":
        return
    if current not in {tag.strip() for tag in if_match.split(",")}:
        raise PreconditionFailed(
            f"If-Match names another version; the current ETag is {current}. "
            "Fetch the resource and decide again."
        )


def is_unchanged(request: Request, current: str) -> bool:
    """True where `If-None-Match` names the current entity tag: the answer is 304."""
    given = request.headers.get("If-None-Match")
    if given is None:
        return False
    tags = {tag.strip().removeprefix("W/") for tag in given.split(",")}
    return given.strip() == "*" or current in tags
