"""Valid requests, and what a seeded chance makes of them."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import orjson

NASTY: list[Any] = [
    None, True, False, 0, -1, 1.5, 2**31, 2**53, 2**63, 2**64 - 1, -(2**63), 1e308, 5e-324,
    "", " ", "\x00", "a\x00b", "\u200b", "\ufeff", "\u202e", "\ud7ff", "\U0010ffff", "null",
    "'; DROP TABLE brands; --", "%s%n", "{{7*7}}", "../../etc/passwd", "<script>", "a" * 5_000,
    "ﷺ" * 100, "é" * 101, "2026-11-01T00:00:00Z", "9999-12-31T23:59:59.999-23:59",
    "0001-01-01T00:00:00+23:59", "2026-02-30T00:00:00Z", "brand_01m85b8621tp3njfh6qm82sfwd",
    "https://[::1", "https://a:b@c", "http://\u2028", "fe80::1%eth0", "0.0.0.0/0", "::/0", "1/33",
    [], {}, [[]], [None], {"": ""}, {"a": {"b": {"c": []}}}, ["a"] * 201, [{"name": "a"}],
    {str(number): "x" for number in range(30)}, {"_schema": 1}, {"__class__": "x"},
]  # fmt: skip
TEXTS = [
    "", "\x00", "ÿþ", "🥖", "a" * 300, "*", '"1"', 'W/"1"', '"1-active"', "1", "0", "-1", "1e400",
    "9" * 400, "hour", "day", "active", "name", "-name", "null", "../..", "%00", "%ff", "%", "a,b",
    "application/json", "text/plain", "application/json; charset=utf-16", "Bearer", "Bearer x",
    "2026-11-01T00:00:00Z", "key_01m85b8621tp3njfh6qm82sfwd", "chunked", "100-continue", "\t",
]  # fmt: skip
HEADERS = [
    "Idempotency-Key", "If-Match", "If-None-Match", "X-Request-Id", "Content-Type", "Accept",
    "Authorization", "X-Forwarded-For", "X-Forwarded-Proto", "Accept-Encoding", "Range", "Cookie",
    "X-HTTP-Method-Override", "Origin", "Date", "Content-Encoding", "Expect", "Prefer",
]  # fmt: skip
PARAMETERS = [
    "limit", "cursor", "sort", "status", "granularity", "key_id", "from", "to", "q", "tag", "state",
    "scheduled_after", "updated_since", "brand_id", "channel_id", "",
]  # fmt: skip
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FROB"]


@dataclass
class Attempt:
    """A request on its way to be spoiled; `body` None sends none."""

    method: str
    path: str
    body: Any = None
    raw: bytes | None = None
    query: list[tuple[str, str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def target(self) -> str:
        """Path and query, percent-encoded where they were not."""
        pairs = [f"{quote(name)}={quote(value)}" for name, value in self.query]
        return self.path + ("?" + "&".join(pairs) if pairs else "")

    @property
    def data(self) -> bytes | None:
        """The body's bytes."""
        if self.raw is not None:
            return self.raw
        return None if self.body is None else orjson.dumps(self.body)


def spoil(chance: random.Random, valid: Attempt) -> Attempt:
    """Change a valid request in one to three places."""
    attempt = copy.deepcopy(valid)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        chance.choices([each for each, _ in WAYS], [weight for _, weight in WAYS])[0](
            chance, attempt
        )
    return attempt


def _body(chance: random.Random, attempt: Attempt) -> None:
    """Put something else into the body, leave something out, or add something."""
    if not isinstance(attempt.body, dict):
        attempt.body = copy.deepcopy(chance.choice(NASTY))
        return
    place: Any = attempt.body
    while True:
        names = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not names:
            break
        name = chance.choice(names)
        if isinstance(place[name], dict | list) and chance.random() < 0.6:
            place = place[name]
            continue
        if chance.random() < 0.2:
            del place[name]
        else:
            place[name] = copy.deepcopy(chance.choice(NASTY))
        break
    if isinstance(place, dict) and chance.random() < 0.2:
        place[str(chance.choice(TEXTS))] = copy.deepcopy(chance.choice(NASTY))


def _bytes(chance: random.Random, attempt: Attempt) -> None:
    """Cut the body's bytes, change some, or put some in."""
    data = bytearray(attempt.data or b"{}")
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data) + 1)
        kind = chance.randrange(4)
        if kind == 0:
            del data[at:]
        elif kind == 1:
            data[at:at] = bytes(chance.randrange(256) for _ in range(chance.randint(1, 8)))
        elif kind == 2:
            data[at:at] = chance.choice((b"[" * 2_000, b"1e999", b"\\ud800", b"\x00", b"\xff\xfe"))
        elif at < len(data):
            data[at] ^= 1 << chance.randrange(8)
    attempt.raw = bytes(data)


def _query(chance: random.Random, attempt: Attempt) -> None:
    pair = (chance.choice(PARAMETERS), chance.choice(TEXTS))
    attempt.query += [pair] * chance.choice((1, 1, 1, 2))


def _path(chance: random.Random, attempt: Attempt) -> None:
    segments = attempt.path.split("/")
    at = chance.randrange(len(segments))
    segments[at] = quote(chance.choice(TEXTS), safe="%" if chance.random() < 0.5 else "")
    attempt.path = "/" + "/".join(segments).lstrip("/")


def _headers(chance: random.Random, attempt: Attempt) -> None:
    attempt.headers[chance.choice(HEADERS)] = chance.choice(TEXTS)


def _method(chance: random.Random, attempt: Attempt) -> None:
    attempt.method = chance.choice(METHODS)


WAYS: list[tuple[Callable[[random.Random, Attempt], None], int]] = [
    (_body, 10),
    (_bytes, 4),
    (_query, 4),
    (_path, 2),
    (_headers, 4),
    (_method, 1),
]
