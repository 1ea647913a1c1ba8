"""Sealing small secrets, with a key of the server or with material that a caller presents."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

_NONCE_BYTES = 12


def derive_key(material: bytes, purpose: bytes) -> bytes:
    """A 256-bit key from secret material, by HKDF-SHA-256 (RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(material)


def seal(key: bytes, plain: bytes, context: bytes) -> bytes:
    """AES-256-GCM: the nonce, then the ciphertext bound to `context`."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, context)


def unseal(key: bytes, sealed: bytes, context: bytes) -> bytes | None:
    """What was sealed, or None where key or context are not the ones it was sealed with."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], context)
    except InvalidTag:
        return None


class Sealed(NamedTuple):
    """A sealed secret, and the id of the encryption key that opens it."""

    key_id: str
    text: bytes


class Keyring:
    """The server's encryption keys by id: the first, current one seals, each opens its own."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._keys = {
            key_id: derive_key(secret.encode(), b"encryption") for key_id, secret in secrets.items()
        }
        self.current = next(iter(secrets))

    def seal(self, plain: bytes, context: bytes) -> Sealed:
        """Seal under the current key, bound to `context`."""
        return Sealed(self.current, seal(self._keys[self.current], plain, context))

    def unseal(self, sealed: Sealed, context: bytes) -> bytes | None:
        """What was sealed, or None where its key is not here or the context is another one."""
        key = self._keys.get(sealed.key_id)
        return None if key is None else unseal(key, sealed.text, context)


def keyring() -> Keyring:
    """The encryption keys of this application."""
    found: Keyring = current_app.extensions["anthyx_keyring"]
    return found
