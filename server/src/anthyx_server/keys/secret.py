"""The token of an API key: its form, its checksum and the digest that is stored of it."""

from __future__ import annotations

import hmac
import re
import secrets
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from anthyx_server.secrets_file import NamedSecret

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_TOKEN = re.compile(r"anthyx_(live|test)_[0-9A-Za-z]{38}")
_RANDOM_CHARACTERS = 32
_CHECKSUM_CHARACTERS = 6


def mint(mode: str) -> str:
    """A new token: 32 random base62 characters (190 bits) between prefix and checksum."""
    body = "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_CHARACTERS))
    start = f"{prefix(mode)}{body}"
    return start + checksum(start)


def prefix(mode: str) -> str:
    """What a token of this mode starts with."""
    return f"anthyx_{mode}_"


def checksum(start: str) -> str:
    """CRC-32 of a token's start in six base62 digits, so that scanners recognize real tokens."""
    number = zlib.crc32(start.encode())
    digits = []
    for _ in range(_CHECKSUM_CHARACTERS):
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))


def is_well_formed(token: str) -> bool:
    """True where form and checksum are right; says nothing about whether the key exists."""
    if not _TOKEN.fullmatch(token):
        return False
    return checksum(token[:-_CHECKSUM_CHARACTERS]) == token[-_CHECKSUM_CHARACTERS:]


@dataclass(frozen=True)
class Hasher:
    """HMAC-SHA-256 of tokens with the server's peppers, of which the first is current.

    A slow password hash would be wrong: the token has 190 bits, and hashing comes before
    authentication.
    """

    peppers: Sequence[NamedSecret]

    @property
    def current(self) -> str:
        """The id of the pepper that new digests are made with."""
        return self.peppers[0].id

    def digest(self, token: str) -> str:
        """The digest under the current pepper, in hexadecimal."""
        return _digest(self.peppers[0], token)

    def digests(self, token: str) -> dict[str, str]:
        """The digests under all peppers, by pepper id, the current first."""
        return {pepper.id: _digest(pepper, token) for pepper in self.peppers}


def _digest(pepper: NamedSecret, token: str) -> str:
    return hmac.digest(pepper.value.encode(), token.encode(), "sha256").hex()
