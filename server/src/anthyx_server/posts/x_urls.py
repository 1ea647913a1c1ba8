"""Where X sees URLs in a text, with a scheme or without, as twitter-text version 3 finds them.

https://github.com/twitter/twitter-text describes the rules by its conformance files.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

MAX_URL = 4_096
_MAX_LABEL = 63
_MAX_TCO_SLUG = 40

_ACCENTED = (
    "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268"
    "\u026f\u0272\u0289\u028b\u02bb\u0300-\u036f\u1e00-\u1eff"
)
_CYRILLIC = "\u0400-\u04ff"
_HOST = f"0-9A-Za-z{_ACCENTED}"
# What stands before a URL must not make it a mention, a hashtag, a cashtag or a part of a word.
# Without a scheme a host is ASCII, or Latin with accents.
_CANDIDATE = re.compile(
    r"(?P<scheme>(?<![0-9A-Za-z@\uff20$#\uff03])(?i:https?://))"
    rf"|(?P<bare>(?<![{_HOST}_.\-/@\uff20$#\uff03])(?=[{_HOST}]+[._-])[{_HOST}_.-]+)"
)
# With a scheme it may have any letters: all but ASCII punctuation, white space and marks of
# direction.
_ANY_HOST = re.compile(
    r"[^\s!-,/:-@\[-^`{-\x7f\x00-\x1f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]+"
)
_ASCII_WORD = re.compile(r"[0-9A-Za-z]+")
_PUNYCODE = re.compile(r"xn--[0-9a-z-]+", re.IGNORECASE)
_PORT = re.compile(r":[0-9]+")
_IN_PATH = rf"[0-9A-Za-z{_ACCENTED}{_CYRILLIC}!*';:=+,.$/%#\[\]\-\u2013_~@|&]"
_PATH = re.compile(rf"/(?:{_IN_PATH}|\((?:{_IN_PATH}|\({_IN_PATH}*\))*\))*+")
_ENDS_PATH = re.compile(rf"[0-9A-Za-z{_ACCENTED}{_CYRILLIC}+\-=_#/)]")
_QUERY = re.compile(r"\?[0-9A-Za-z!?*'@();:&=+$/%#\[\]\-_.,~|]*+")
_ENDS_QUERY = re.compile(r"[0-9A-Za-z\-_&=#/]")
_TCO = re.compile(r"https?://t\.co/([0-9a-z]+)", re.IGNORECASE)


def find_urls(text: str) -> list[tuple[int, int]]:
    """Where each URL begins and ends, in order."""
    found = []
    at = 0
    while candidate := _CANDIDATE.search(text, at):
        span = _url_at(text, candidate)
        at = candidate.start() + 1
        if span is not None:
            found.append(span)
            at = span[1]
    return found


def _url_at(text: str, candidate: re.Match[str]) -> tuple[int, int] | None:
    """The URL that begins with a scheme, or lies in a bare run of letters, dots and dashes."""
    if candidate["scheme"] is None:
        host = _host(text, candidate.start(), candidate.end())
    else:
        run = _ANY_HOST.match(text, candidate.end())
        host = None if run is None else _host(text, run.start(), run.end())
    if host is None:
        return None
    start, end = host
    # Without a scheme an underscore ends the word before the host.
    start = candidate.start() if candidate["scheme"] else text.rfind("_", start, end) + 1 or start
    return _fit(text, start, _behind_host(text, end))


def _host(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The longest host that begins with this run and ends with a top-level domain, if any."""
    labels = text[start : min(end, start + MAX_URL)].split("..", 1)[0].split(".")
    places = [start]
    for label in labels:
        places.append(places[-1] + len(label) + 1)
    for last in range(len(labels) - 1, 0, -1):
        length = _tld_length(text, places[last], labels[last])
        if length and _is_name(labels[last - 1]) and all(map(_is_label, labels[: last - 1])):
            return start, places[last] + length
    return None


def _tld_length(text: str, start: int, label: str) -> int:
    """How long the top-level domain is that a label begins with; 0 where it begins with none."""
    ascii_tlds, other_tlds = top_level_domains()
    word = _PUNYCODE.match(label) or _ASCII_WORD.match(label)
    if word is not None:
        is_known = word[0].lower().startswith("xn--") or word[0].lower() in ascii_tlds
        length = len(word[0]) if is_known else 0
    else:
        length = max((len(tld) for tld in other_tlds if label.startswith(tld)), default=0)
    behind = text[start + length : start + length + 1]
    return 0 if behind == "@" or _ASCII_WORD.match(behind) else length


def _is_label(label: str) -> bool:
    """True for a part of a host: neither empty nor too long, no dash or underscore at an end."""
    if not label or label[0] in "-_" or label[-1] in "-_":
        return False
    if label.isascii():
        return len(label) <= _MAX_LABEL
    if label.lower().startswith("xn--") or len(label) > _MAX_LABEL:
        return False
    return len("xn--") + len(label.lower().encode("punycode")) <= _MAX_LABEL


def _is_name(label: str) -> bool:
    """True for the part before the top-level domain, which takes no underscore."""
    return "_" not in label and _is_label(label)


def _behind_host(text: str, end: int) -> int:
    """Where port, path and query end that follow a host."""
    if port := _PORT.match(text, end):
        end = port.end()
    if path := _PATH.match(text, end):
        end = _cut(text, path, _ENDS_PATH)
    if query := _QUERY.match(text, end):
        end = _cut(text, query, _ENDS_QUERY)
    return end


def _cut(text: str, run: re.Match[str], ends: re.Pattern[str]) -> int:
    """Where a run ends less what only ends the sentence; where it begins if nothing is left."""
    end = run.end()
    while end > run.start() and not ends.match(text, end - 1):
        end -= 1
    # "?" alone is no query, while "/" alone is a path.
    return run.start() if text[run.start() : end] == "?" else end


def _fit(text: str, start: int, end: int) -> tuple[int, int] | None:
    if end - start > MAX_URL:
        return None
    if tco := _TCO.match(text, start, end):
        return (start, tco.end()) if len(tco[1]) <= _MAX_TCO_SLUG else None
    return start, end


@functools.cache
def top_level_domains() -> tuple[frozenset[str], tuple[str, ...]]:
    """The top-level domains that IANA lists: those in ASCII, and those in other letters."""
    lines = Path(__file__).with_name("top_level_domains.txt").read_text("ascii").lower().split("\n")
    names = [line for line in lines if line and not line.startswith("#")]
    encoded = [name.removeprefix("xn--") for name in names if name.startswith("xn--")]
    plain = frozenset(name for name in names if not name.startswith("xn--"))
    return plain, tuple(name.encode("ascii").decode("punycode") for name in encoded)
