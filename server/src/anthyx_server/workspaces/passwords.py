"""Passwords of members: which ones are taken, and how they are kept."""

from __future__ import annotations

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
