"""Addresses of members: how they are compared, and which ones are taken."""

from __future__ import annotations

import re
import unicodedata

# Not all of RFC 5321: what would need quotes, or could be taken for two addresses, is none.
_EMAIL = re.compile(r"""[^@\s,;:<>()\[\]\\"]{1,64}@[^@\s,;:<>()\[\]\\"]{1,189}""")


def normal_email(text: str) -> str:
    """An address as it is compared and kept."""
    return unicodedata.normalize("NFC", text).strip().lower()


def is_email(address: str) -> bool:
    """True for an address that somebody may be invited with."""
    return bool(_EMAIL.fullmatch(address)) and address.isprintable()
