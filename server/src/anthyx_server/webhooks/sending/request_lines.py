"""The header lines of a request: the caller's, and the sender's own."""

from __future__ import annotations

import functools

_OWN_HEADERS = {
    "content-type": "Content-Type: application/json",
    "user-agent": "User-Agent: Anthyx-Webhooks/1",
    "accept-encoding": "Accept-Encoding: identity",
    "expect": "Expect:",  # libcurl would ask large bodies' receivers for a 100 first
}


def header_lines(headers: list[tuple[str, str]]) -> list[str] | list[bytes]:
    """The request's header lines; bytes where they are not ASCII.

    Raises:
        ValueError: one holds what would end it.
    """
    # `Name;` is libcurl's way to write a header without a value.
    lines = [f"{name}: {value}" if value else f"{name};" for name, value in headers]
    text = "".join(lines)
    if "\n" in text or "\r" in text or "\0" in text:
        raise ValueError("a header holds a line break")
    lines += _own_lines(tuple([name for name, _ in headers]))
    return lines if text.isascii() else [line.encode() for line in lines]


@functools.lru_cache(maxsize=1024)
def _own_lines(given: tuple[str, ...]) -> tuple[str, ...]:
    names = {name.lower() for name in given}
    return tuple(line for name, line in _OWN_HEADERS.items() if name not in names)
