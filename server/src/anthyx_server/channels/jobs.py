"""What the worker does for channels: sealing their credentials anew under the current key."""

from __future__ import annotations

from sqlalchemy import or_, select

from anthyx_server.channels import credentials
from anthyx_server.channels.models import Channel
from anthyx_server.db import db, transaction
from anthyx_server.queue import job
from anthyx_server.sealing import keyring

_BATCH = 200


@job(every_seconds=60)
def seal_credentials_anew() -> None:
    """Seal credentials that are under an older encryption key under the current one.

    Each batch is a transaction: a crash loses none, and the next run goes on from there. What
    can't be opened, because its key was dropped, is left as it is, and so is what is being changed;
    versions stay, since nothing that is shown changes.
    """
    last_id: str | None = ""
    while last_id is not None:
        with transaction():
            last_id = _seal_batch(last_id)


def _seal_batch(after_id: str) -> str | None:
    """Seal the next channels in id order; the last one's id, None where there was none."""
    key_id, current = Channel.encryption_key_id, keyring().current
    # Not `!=`, which no index answers: with nothing to do, this must not read the whole table.
    is_older = or_(key_id < current, key_id > current)
    query = (
        select(Channel)
        .where(is_older, Channel.id > after_id)
        .order_by(Channel.id)
        .limit(_BATCH)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    channels = db.session.scalars(query).all()
    for channel in channels:
        pairs = credentials.unseal(channel)
        if pairs is not None:
            credentials.seal(channel, pairs)
    return channels[-1].id if channels else None
