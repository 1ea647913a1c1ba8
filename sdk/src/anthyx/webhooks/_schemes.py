"""Both signature schemes: what a secret signs, and whether a header holds it."""

from __future__ import annotations

import binascii
import hmac

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_PREFIX = "whsec_"


def body_signature(secret: str, body: bytes) -> str:
    """The value of X-Anthyx-Signature: keyed with the secret as it is written."""
    return "sha256=" + hmac.digest(_bytes(secret), body, "sha256").hex()


def standard_signature(key: bytes, event_id: str, timestamp: str, body: bytes) -> str:
    """One signature of Standard Webhooks, keyed with the bytes that a secret encodes."""
    signed = b"%b.%b.%b" % (_bytes(event_id), _bytes(timestamp), body)
    digest = binascii.b2a_base64(hmac.digest(key, signed, "sha256"), newline=False)
    return "v1," + digest.decode()


def standard_key(secret: str) -> bytes | None:
    """The bytes that a secret encodes; None where it has another shape than `whsec_<base64>`."""
    encoded = secret[len(_PREFIX) :]
    try:
        key = binascii.a2b_base64(encoded)
    except ValueError:
        return None
    # It reads over what is not base64, as a quote that was copied too.
    is_whole = binascii.b2a_base64(key, newline=False).decode() == encoded
    return key if key and is_whole and secret.startswith(_PREFIX) else None


def holds(signatures: Sequence[str], expected: Sequence[str]) -> bool:
    """Whether one of the signatures is one of those expected.

    All are compared, each in constant time, so that the time tells nothing but how many there are.
    """
    found = False
    for right in expected:
        encoded = right.encode()
        for given in signatures:
            found |= hmac.compare_digest(_bytes(given), encoded)
    return found


def _bytes(text: str) -> bytes:
    # A lone surrogate has no UTF-8; it must make a signature wrong, not an error.
    return text.encode("utf-8", "surrogatepass")
