"""The hash chain of a workspace: what is hashed, and with which keys.

What is stored depends on every byte of this: a change here breaks all chains there are.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from datetime import UTC
from typing import Any

import orjson

from anthyx_server.sealing import derive_key
from anthyx_server.secrets_file import NamedSecret

# What stands for the hash before the first entry.
START = "0" * 64
HASHED = (
    "number",
    "id",
    "workspace_id",
    "mode",
    "action",
    "actor",
    "actor_id",
    "target_type",
    "target_id",
    "detail",
    "address",
    "request_id",
    "created_at",
    "encryption_key_id",
)


class ChainKeys:
    """The keys of the chains, derived from the encryption keys; the first one is current.

    They are not in the database: whoever can write there only can't compute a hash.
    """

    def __init__(self, encryption_keys: Iterable[NamedSecret]) -> None:
        self._keys = {
            secret.id: derive_key(secret.value.encode(), b"audit") for secret in encryption_keys
        }
        self.current = next(iter(self._keys))

    def __contains__(self, key_id: object) -> bool:
        return key_id in self._keys

    def hash_of(self, entry: Mapping[str, Any], previous: str) -> str:
        """The hash of an entry that follows one with the hash `previous`.

        HMAC-SHA-256 over that hash and the entry's `HASHED` columns as JSON with sorted keys and
        the time in microseconds.

        Raises:
            KeyError: the key that the entry names is not known.
        """
        columns = {name: entry[name] for name in HASHED}
        moment = columns["created_at"].astimezone(UTC)
        columns["created_at"] = moment.isoformat(timespec="microseconds")
        text = orjson.dumps(columns, option=orjson.OPT_SORT_KEYS)
        return self._hmac(entry["encryption_key_id"], previous.encode() + text)

    def seal_of(self, key_id: str, workspace_id: str, number: int, last_hash: str) -> str:
        """The seal of a head.

        Raises:
            KeyError: the key is not known.
        """
        return self._hmac(
            key_id, b"head " + orjson.dumps([key_id, workspace_id, number, last_hash])
        )

    def _hmac(self, key_id: str, text: bytes) -> str:
        return hmac.digest(self._keys[key_id], text, "sha256").hex()
