"""The secrets of an embedded deployment: made on first start, kept in the data directory."""

from __future__ import annotations

import json
import os
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from anthyx_server.environment import ConfigurationError

_NAMES = ("secret_key", "key_peppers", "encryption_keys")


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


def load_or_create(data_dir: Path) -> tuple[str, str, str]:
    """The secret key, peppers and encryption keys of this data directory.

    Raises:
        ConfigurationError: the directory or its secrets can't be used.
    """
    path = data_dir / "secrets.json"
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _create(path)
        kept = json.loads(path.read_text(encoding="utf-8"))
        secret_key, peppers, encryption_keys = (_text(kept[name]) for name in _NAMES)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigurationError(f"cannot use the data directory {data_dir}: {reason}") from None
    except (ValueError, KeyError, TypeError):
        raise ConfigurationError(f"{path} is damaged: restore it from a backup") from None
    return secret_key, peppers, encryption_keys


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError
    return value


def _create(path: Path) -> None:
    made = [secrets.token_urlsafe(48), *(f"1:{secrets.token_urlsafe(48)}" for _ in range(2))]
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(dict(zip(_NAMES, made, strict=True)), file)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # never replaces secrets that another process made meanwhile
    except FileExistsError:
        pass
    finally:
        draft.unlink()
