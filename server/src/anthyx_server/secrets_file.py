"""The secrets of an embedded deployment: made on first start, kept in the data directory."""

from __future__ import annotations

import json
import os
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from anthyx_server.environment import ConfigurationError

NAMES = ("secret_key", "key_peppers", "encryption_keys")

# The secret key, peppers and encryption keys as text.
Kept = tuple[str, str, str]


@dataclass(frozen=True)
class NamedSecret:
    """A secret with the id that is stored beside what it protects, so that it can be rotated."""

    id: str
    value: str = field(repr=False)


def parse_named(setting: str, text: str) -> tuple[NamedSecret, ...]:
    """Read `id:value,id:value`.

    Raises:
        ConfigurationError: an id is missing or used twice, or a value has under 32 characters.
    """
    found = []
    for part in text.split(","):
        name, _, value = part.strip().partition(":")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,16}", name) or len(value) < 32:
            raise ConfigurationError(
                f"{setting} must look like id:value,id:value with ids of letters and digits "
                "and values of at least 32 characters"
            )
        found.append(NamedSecret(name, value))
    if len({secret.id for secret in found}) != len(found):
        raise ConfigurationError(f"{setting} names an id twice")
    return tuple(found)


def secrets_path(data_dir: Path) -> Path:
    """Where the secrets of a data directory are."""
    return data_dir / "secrets.json"


def load_or_create(data_dir: Path) -> Kept:
    """The secret key, peppers and encryption keys of this data directory.

    Raises:
        ConfigurationError: the directory or its secrets can't be used.
    """
    path = secrets_path(data_dir)
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            write(path, _made())
        return read(path.read_bytes())
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigurationError(f"cannot use the data directory {data_dir}: {reason}") from None
    except ValueError:
        raise ConfigurationError(f"{path} is damaged: restore it from a backup") from None


def read(document: bytes) -> Kept:
    """The secrets from the bytes of their file.

    Raises:
        ValueError: they are no such file's.
    """
    try:
        kept = json.loads(document)
        secret_key, peppers, encryption_keys = (_text(kept[name]) for name in NAMES)
    except (KeyError, TypeError, RecursionError):
        raise ValueError from None
    return secret_key, peppers, encryption_keys


def as_bytes(kept: Kept) -> bytes:
    """What `read` reads."""
    return json.dumps(dict(zip(NAMES, kept, strict=True))).encode()


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError
    return value


def _made() -> Kept:
    first, second, third = (secrets.token_urlsafe(48) for _ in range(3))
    return first, f"1:{second}", f"1:{third}"


def write(path: Path, kept: Kept) -> None:
    """Write the file whole, or leave what another process wrote meanwhile."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(as_bytes(kept))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
