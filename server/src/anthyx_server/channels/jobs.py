"""What the worker does for channels: sealing their credentials anew under the current key."""

from __future__ import annotations

from anthyx_server.batches import act_in_batches, is_sealed_before
from anthyx_server.channels import credentials
from anthyx_server.channels.models import Channel
from anthyx_server.queue import job


@job(every_seconds=60)
def seal_credentials_anew() -> None:
    """Seal credentials that are under an older encryption key under the current one.

    What can't be opened, because its key was dropped, is left as it is; versions stay, since
    nothing that is shown changes.
    """
    act_in_batches(Channel.id, is_sealed_before(Channel.encryption_key_id), _seal_anew)


def _seal_anew(channel: Channel) -> None:
    pairs = credentials.unseal(channel)
    if pairs is not None:
        credentials.seal(channel, pairs)
