"""Reading the head of an answer: what is kept of it, and when it wants to be asked again."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from email.utils import parsedate_to_datetime

from anthyx_server import clock

_MAX_HEADERS = 100
_MAX_KEPT = 16 * 1024
_MAX_KNOWN = 256  # bytes of a header that is remembered
_MAX_WAIT = 86_400
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")
_SECONDS = re.compile(r"[0-9]{1,12}")


def kept_headers(lines: Iterable[bytes]) -> list[list[str]]:
    """Names and values, of at most 100 headers and 16 KiB, fit to be stored.

    Cookies are credentials of the receiver's and are left out. The pairs may be shared with other
    answers.
    """
    kept: list[list[str]] = []
    size = 0
    for line in lines:
        size += len(line)
        if len(kept) == _MAX_HEADERS or size > _MAX_KEPT:
            break
        pair = _known_pair(line) if len(line) <= _MAX_KNOWN else _pair(line)
        if pair is not None:
            kept.append(pair)
    return kept


def retry_after_seconds(headers: list[list[str]]) -> int | None:
    """The wait that `Retry-After` asks for, at most a day; None where it says nothing clear."""
    said = [value for name, value in headers if name.lower() == "retry-after"]
    if len(said) != 1:
        return None
    if _SECONDS.fullmatch(said[0]):
        return min(int(said[0]), _MAX_WAIT)
    try:
        wait = parsedate_to_datetime(said[0]).timestamp() - clock.unix_seconds()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return max(0, min(int(wait), _MAX_WAIT))


def _pair(line: bytes) -> list[str] | None:
    name, colon, value = line.partition(b":")
    if not colon or name.strip().lower() == b"set-cookie":
        return None
    return [_text(name), _text(value)]


# Most headers are those of the answer before.
_known_pair = functools.lru_cache(maxsize=1024)(_pair)


def _text(raw: bytes) -> str:
    return _CONTROL.sub("\ufffd", raw.strip(b" \t\r\n").decode("latin-1"))
