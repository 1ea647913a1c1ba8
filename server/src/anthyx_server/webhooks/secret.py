"""An endpoint's secrets and headers: sealed at rest, opened to sign; the clock says which counts.

A rotation ends by itself: from `secret_activates_at` on the next secret is the current one, for
whoever reads it and whether or not the row says so yet.
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from anthyx_server import clock
from anthyx_server.errors import Unavailable
from anthyx_server.sealing import Keyring, Sealed, keyring
from anthyx_server.webhooks.models import WebhookEndpoint

_PREFIX = "whsec_"
# 264 bits; a multiple of three has no padding in base64, which people lose as they copy.
_SECRET_BYTES = 33


@dataclass(frozen=True, slots=True)
class Secrets:
    """What an endpoint's requests are signed with; `next` is there while a rotation lasts."""

    current: str = field(repr=False)
    next: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Opened:
    """What was sealed, as it holds now; at `holds_until`, if that is set, open it again."""

    secrets: Secrets
    headers: dict[str, str] = field(repr=False)
    holds_until: datetime | None


def new_secret() -> str:
    """A secret as the Standard Webhooks specification writes it: `whsec_` and base64."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def seal(endpoint: WebhookEndpoint, made: Secrets) -> None:
    """Keep the secrets under the current encryption key, and the headers with them.

    Raises:
        Unavailable: there are headers that can't be opened, so they would be lost.
    """
    headers = {} if endpoint.sealed_headers is None else opened(endpoint).headers
    _seal(endpoint, made, headers)


def seal_headers(endpoint: WebhookEndpoint, headers: dict[str, str]) -> None:
    """Keep the custom headers under the current encryption key, and the secrets with them.

    Raises:
        Unavailable: the secrets can't be opened, so they would be lost.
    """
    _seal(endpoint, opened(endpoint).secrets, headers)


def opened(endpoint: WebhookEndpoint) -> Opened:
    """What an endpoint has sealed.

    Raises:
        Unavailable: the encryption key is not here; it may come back.
    """
    found = open_endpoint(keyring(), endpoint)
    if found is None:
        raise Unavailable(
            "The stored secrets of this endpoint can't be opened at the moment. "
            "What does not need them still works."
        )
    return found


def open_endpoint(keys: Keyring, row: Any) -> Opened | None:
    """What an endpoint has sealed; None where there is nothing, or its key is not here.

    `row` has the columns workspace_id, mode, id, encryption_key_id, sealed_secrets,
    sealed_headers and secret_activates_at.
    """
    stored = _unseal(keys, row, "secrets")
    headers = {} if row.sealed_headers is None else _unseal(keys, row, "headers")
    if stored is None or headers is None:
        return None
    if len(stored) == 1:
        return Opened(Secrets(stored[0]), headers, None)
    activates_at = row.secret_activates_at
    if activates_at is None or activates_at <= clock.now():
        return Opened(Secrets(stored[1]), headers, None)
    return Opened(Secrets(*stored), headers, activates_at)


def is_rotating(endpoint: WebhookEndpoint) -> bool:
    """True while two secrets are valid."""
    return endpoint.secret_activates_at is not None and endpoint.secret_activates_at > clock.now()


def wipe(endpoint: WebhookEndpoint) -> None:
    """Forget the secrets and the headers' values for good."""
    endpoint.sealed_secrets = endpoint.sealed_headers = endpoint.encryption_key_id = None
    endpoint.secret_activates_at = None
    endpoint.secret_last4 = ""


def _seal(endpoint: WebhookEndpoint, made: Secrets, headers: dict[str, str]) -> None:
    """Seal both: one column names the key of both."""
    stored = [made.current] if made.next is None else [made.current, made.next]
    keys = keyring()
    endpoint.encryption_key_id = keys.current
    endpoint.sealed_secrets = keys.seal(orjson.dumps(stored), _context(endpoint, "secrets")).text
    endpoint.sealed_headers = None
    if headers:
        sealed = keys.seal(orjson.dumps(headers), _context(endpoint, "headers"))
        endpoint.sealed_headers = sealed.text
    endpoint.secret_last4 = stored[-1][-4:]


def _unseal(keys: Keyring, row: Any, what: str) -> Any:
    text = getattr(row, f"sealed_{what}")
    if text is None or row.encryption_key_id is None:
        return None
    plain = keys.unseal(Sealed(row.encryption_key_id, bytes(text)), _context(row, what))
    return None if plain is None else orjson.loads(plain)


def _context(row: Any, what: str) -> bytes:
    """What binds it: moved to another row, column, workspace or mode, it can't be opened."""
    return f"webhook_{what}\0{row.workspace_id}\0{row.mode}\0{row.id}".encode()
