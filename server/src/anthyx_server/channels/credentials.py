"""A channel's credentials: they go in sealed, and come out only to be used or sealed anew."""

from __future__ import annotations

import orjson

from anthyx_server.channels.models import Channel
from anthyx_server.sealing import Sealed, keyring


def seal(channel: Channel, pairs: dict[str, str] | None) -> None:
    """Keep credentials under the current encryption key, bound to their channel; None removes."""
    if not pairs:
        channel.credentials = channel.encryption_key_id = None
        return
    sealed = keyring().seal(orjson.dumps(pairs), _context(channel))
    channel.encryption_key_id, channel.credentials = sealed


def unseal(channel: Channel) -> dict[str, str] | None:
    """The credentials; None where there are none, or where they `are_lost`."""
    if channel.credentials is None or channel.encryption_key_id is None:
        return None
    sealed = Sealed(channel.encryption_key_id, channel.credentials)
    plain = keyring().unseal(sealed, _context(channel))
    if plain is None:
        return None
    pairs: dict[str, str] = orjson.loads(plain)
    return pairs


def are_lost(channel: Channel) -> bool:
    """True where there are some that can't be opened: the encryption key may come back."""
    return channel.credentials is not None and unseal(channel) is None


def _context(channel: Channel) -> bytes:
    """What binds them: moved to another row, workspace or mode, they can't be opened."""
    return f"channel\0{channel.workspace_id}\0{channel.mode}\0{channel.id}".encode()
