"""The second file of a backup: the secrets, sealed under a passphrase."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from anthyx_server.backup.errors import BackupError
from anthyx_server.backup.files import publish
from anthyx_server.config import Settings
from anthyx_server.sealing import seal, unseal
from anthyx_server.secrets_file import Kept, NamedSecret, as_bytes
from anthyx_server.secrets_file import read as read_secrets

SHORTEST_PASSPHRASE = 12
# What follows is the salt, then what AES-256-GCM made. The cost is part of the format: a file
# that could name its own could make us spend any amount of memory.
_HEADER = b"anthyx secrets 1\n"
_SALT_BYTES = 16
_MOST_BYTES = 1_000_000
_COST = {"length": 32, "n": 2**17, "r": 8, "p": 1}


def path_beside(file: Path) -> Path:
    """Where the secrets of a backup are."""
    return file.with_name(f"{file.name}.secrets")


def write(file: Path, drafts: Path, settings: Settings, passphrase: str) -> None:
    """Seal the secrets of a deployment into a new file."""
    salt = os.urandom(_SALT_BYTES)
    sealed = seal(_key(passphrase, salt), as_bytes(_kept(settings)), _HEADER)
    draft = drafts / "secrets"
    draft.write_bytes(_HEADER + salt + sealed)
    publish(draft, file)


def read(file: Path, passphrase: str) -> Kept:
    """Open the secrets of a backup.

    Raises:
        BackupError: the passphrase is another one, or the file is damaged.
    """
    try:
        with file.open("rb") as source:
            content = source.read(_MOST_BYTES)
    except OSError as error:
        raise BackupError(f"cannot read {file}: {error.strerror}") from None
    salt, sealed = content[len(_HEADER) :][:_SALT_BYTES], content[len(_HEADER) + _SALT_BYTES :]
    # A nonce and a tag are the least that can be there.
    if not content.startswith(_HEADER) or len(sealed) < 28:
        raise BackupError(f"{file} is damaged, or no file of secrets")
    plain = unseal(_key(passphrase, salt), sealed, _HEADER)
    if plain is None:
        raise BackupError(f"the passphrase does not open {file}, or it is damaged")
    try:
        return read_secrets(plain)
    except ValueError:
        raise BackupError(f"{file} is damaged, or no file of secrets") from None


def _key(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, **_COST).derive(passphrase.encode())


def _kept(settings: Settings) -> Kept:
    def joined(secrets: tuple[NamedSecret, ...]) -> str:
        return ",".join(f"{secret.id}:{secret.value}" for secret in secrets)

    return settings.secret_key, joined(settings.key_peppers), joined(settings.encryption_keys)
