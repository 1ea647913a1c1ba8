"""Which secrets a backup belongs to, told so that nobody learns them from it."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from anthyx_server.config import Settings


def of(settings: Settings, salt: str) -> dict[str, str]:
    """A fingerprint per secret, by the setting's name and the secret's id."""
    named = {
        "ANTHYX_KEY_PEPPERS": settings.key_peppers,
        "ANTHYX_ENCRYPTION_KEYS": settings.encryption_keys,
    }
    found = {"ANTHYX_SECRET_KEY": settings.secret_key}
    for setting, secrets in named.items():
        found |= {f"{setting} {secret.id}": secret.value for secret in secrets}
    return {
        name: hmac.digest(value.encode(), f"anthyx backup {salt} {name}".encode(), "sha256").hex()
        for name, value in found.items()
    }


def missing(settings: Settings, salt: str, wanted: Mapping[str, str]) -> list[str]:
    """What a backup needs and these settings have not, or have otherwise, by name."""
    known = of(settings, salt)
    return [name for name, print_ in wanted.items() if known.get(name) != print_]
