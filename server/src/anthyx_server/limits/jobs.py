"""What the worker does for limits: bringing what the gate noted in Redis to the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

import redis
import sqlalchemy as sa
from flask import current_app

from anthyx_server import clock
from anthyx_server.db import db, transaction
from anthyx_server.keys import LAST_USED, ApiKey, use_of
from anthyx_server.limits import history, thresholds
from anthyx_server.limits.gate import NEW_DIGESTS
from anthyx_server.limits.models import UsageNotice
from anthyx_server.queue import job

_BATCH = 500
_TIMEOUT_SECONDS = 2

_FORGET = """
for at = 1, #ARGV, 2 do
  if redis.call('HGET', KEYS[1], ARGV[at]) == ARGV[at + 1] then
    redis.call('HDEL', KEYS[1], ARGV[at])
  end
end
"""


_SET_LAST_USED = (
    sa.update(ApiKey)
    .where(
        ApiKey.id == sa.bindparam("key_id"),
        ApiKey.last_used_at.is_(None) | (ApiKey.last_used_at < sa.bindparam("used_at")),
    )
    .values(last_used_at=sa.bindparam("used_at"), last_used_ip=sa.bindparam("used_ip"))
)
_SET_DIGEST = (
    sa.update(ApiKey)
    .where(ApiKey.id == sa.bindparam("key_id"))
    .values(pepper_id=sa.bindparam("new_pepper_id"), digest=sa.bindparam("new_digest"))
)


def _client() -> redis.Redis:
    url = current_app.extensions["anthyx_redis"].url
    return redis.Redis.from_url(
        url, socket_timeout=_TIMEOUT_SECONDS, socket_connect_timeout=_TIMEOUT_SECONDS
    )


@job(every_seconds=5)
def store_usage() -> None:
    """Write when and from where keys were used since the last run, their counters and thresholds.

    What it costs depends on how many keys were used meanwhile, not on how many there are.
    """
    with _client() as client:
        started_at = int(client.time()[0])

        def write(noted: dict[str, str]) -> None:
            rows = [_last_used(key_id, value) for key_id, value in noted.items()]
            # By the table: a key that is not there (any more) is passed over.
            db.session.connection().execute(_SET_LAST_USED, rows)
            history.store(client, list(noted))
            thresholds.announce(client, noted)

        _drain(client, LAST_USED, write)
        history.forget(client, started_at)


@job(every_seconds=3600)
def forget_usage_notices() -> None:
    """Forget which thresholds were told of days that have long been over."""
    over = clock.now() - timedelta(days=1)
    with transaction():
        db.session.execute(sa.delete(UsageNotice).where(UsageNotice.window_ends_at < over))


@job(every_seconds=5)
def store_new_digests() -> None:
    """Rewrite digests that were made with an older pepper, as their keys are used."""

    def write(noted: dict[str, str]) -> None:
        rows = [_new_digest(key_id, value) for key_id, value in noted.items()]
        db.session.connection().execute(_SET_DIGEST, rows)

    with _client() as client:
        _drain(client, NEW_DIGESTS, write)


def _last_used(key_id: str, value: str) -> dict[str, Any]:
    used_at, address = use_of(value)
    return {"key_id": key_id, "used_at": used_at, "used_ip": address}


def _new_digest(key_id: str, value: str) -> dict[str, Any]:
    pepper_id, _, digest = value.partition(" ")
    return {"key_id": key_id, "new_pepper_id": pepper_id, "new_digest": digest}


def _drain(client: redis.Redis, name: str, write: Callable[[dict[str, str]], None]) -> None:
    """Write a hash of Redis to the database, batch by batch, and forget what was written.

    A field that the gate set anew meanwhile stays for the next run. So a crash between any two
    steps, or two workers at once, loses nothing. Rows are locked in id order, as everywhere.
    """
    forget = client.register_script(_FORGET)
    for batch in _batches(client, name):
        with transaction():
            write({key_id.decode(): value.decode() for key_id, value in sorted(batch.items())})
        forget(keys=[name], args=[part for field in batch.items() for part in field])


def _batches(client: redis.Redis, name: str) -> Iterator[dict[bytes, bytes]]:
    fields = client.hscan_iter(name, count=_BATCH)
    while batch := dict(islice(fields, _BATCH)):
        yield batch
