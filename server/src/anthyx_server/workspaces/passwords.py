"""Passwords of members: which ones are taken, and how they are kept."""

from __future__ import annotations

import functools
import secrets
import unicodedata

import bcrypt

from anthyx_server.workspaces.errors import PasswordRefusedError

MIN_CHARACTERS = 12
# bcrypt looks no further.
MAX_BYTES = 72


def hashed(password: str) -> str:
    """The bcrypt hash of a password, in NFC: keyboards differ in how they compose letters.

    Takes a fifth of a second: call it before anything is locked.

    Raises:
        PasswordRefusedError: it has under 12 characters, over 72 bytes in UTF-8, or U+0000.
    """
    try:
        text = unicodedata.normalize("NFC", password).encode()
    except UnicodeEncodeError:
        raise PasswordRefusedError("a password must be text in UTF-8") from None
    if len(text.decode()) < MIN_CHARACTERS or len(text) > MAX_BYTES or b"\0" in text:
        raise PasswordRefusedError(
            f"a password must have at least {MIN_CHARACTERS} characters and at most "
            f"{MAX_BYTES} bytes"
        )
    return bcrypt.hashpw(text, bcrypt.gensalt()).decode()


def is_password(password: str, digest: str | None) -> bool:
    """True where a hash is that of a password; without a hash, as long for nothing."""
    text = unicodedata.normalize("NFC", password).encode(errors="replace")[: MAX_BYTES + 1]
    is_possible = len(text) <= MAX_BYTES and b"\0" not in text
    # What can't be a password is compared, too: how long it takes must not tell.
    given = text if is_possible else b"-" * MIN_CHARACTERS
    return bcrypt.checkpw(given, (digest or _nobody()).encode()) and is_possible and bool(digest)


@functools.cache
def _nobody() -> str:
    """The hash of a password that nobody has."""
    return bcrypt.hashpw(secrets.token_bytes(32).hex().encode(), bcrypt.gensalt()).decode()
