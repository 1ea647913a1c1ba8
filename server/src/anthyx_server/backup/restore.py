"""Putting a backup in the place of a deployment's database.

Whenever it is interrupted, the old database or the new one is there, whole:

1. The new one is unpacked and verified under a name of its own, and synced.
2. SQLite's log of the old one is brought into it and removed. A log that outlived its database
   would be played into the next one of that name.
3. The embedded Redis' files are moved away: they know keys and work of another time. A server that
   starts now has the old database and an empty Redis, which may happen at any time.
4. The new database takes the old one's name: one rename, synced.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import redis
from redis.exceptions import RedisError

from anthyx_server.backup import archive, database, fingerprints, sealed
from anthyx_server.backup.errors import BackupError
from anthyx_server.backup.files import sync
from anthyx_server.backup.take import Progress
from anthyx_server.config import Settings, parse_secrets
from anthyx_server.datadir import claimed, emptied
from anthyx_server.parts import end_leftovers
from anthyx_server.secrets_file import Kept, secrets_path
from anthyx_server.secrets_file import write as write_secrets

_REDIS_FILES = "appendonlydir"
_BESIDE_DATABASE = ("-wal", "-shm", "-journal")
_REDIS_SECONDS = 5


def restore(
    settings: Settings, file: Path, passphrase: Callable[[], str], progress: Progress
) -> archive.Manifest:
    """Replace the database by a backup's; `passphrase` is asked for where secrets are needed too.

    `settings` may lack secrets: those beside the backup are taken then.

    Raises:
        BackupError: the backup is damaged, of a newer version, or was made with other secrets.
        ConfigurationError: a server or command uses the data directory.
    """
    current = database.path_of(settings)
    manifest = archive.read_manifest(file)
    secrets = None if settings.has_secrets else _secrets_beside(file, passphrase)
    _refuse_wrong_secrets(settings, manifest, secrets)
    with claimed(settings.data_dir), _alone(settings):
        draft = current.with_name(f"{current.name}.restoring")
        _remove(draft)
        try:
            _make(file, manifest, draft, progress)
            if secrets is not None:
                write_secrets(secrets_path(settings.data_dir), secrets)
                sync(settings.data_dir)
            _swap(settings, draft, current)
        finally:
            _remove(draft)
    return manifest


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Keep every server and command out of the data directory."""
    end_leftovers(settings.data_dir)
    with emptied(settings.data_dir):
        yield


def _secrets_beside(file: Path, passphrase: Callable[[], str]) -> Kept:
    beside = sealed.path_beside(file)
    if not beside.exists():
        raise BackupError(
            f"the data directory has no secrets.json: put it there, or {beside.name} beside "
            "the backup"
        )
    return sealed.read(beside, passphrase())


def _refuse_wrong_secrets(
    settings: Settings, manifest: archive.Manifest, secrets: Kept | None
) -> None:
    if secrets is not None:
        secret_key, peppers, encryption_keys = parse_secrets(*secrets)
        settings = replace(
            settings, secret_key=secret_key, key_peppers=peppers, encryption_keys=encryption_keys
        )
    missing = fingerprints.missing(settings, manifest.salt, manifest.fingerprints)
    if missing:
        raise BackupError(
            f"the backup was made with other secrets ({', '.join(missing)}): restore those first, "
            "or move secrets.json away and put the backup's .secrets file beside it"
        )


def _make(file: Path, manifest: archive.Manifest, draft: Path, progress: Progress) -> None:
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        progress("Unpacking", done, manifest.size)

    archive.unpack(file, manifest, draft, advance)
    draft.chmod(0o600)
    progress("Verifying", 0, 1)
    database.verify(draft, manifest.schema_revision)
    progress("Verifying", 1, 1)
    sync(draft)


def _swap(settings: Settings, draft: Path, current: Path) -> None:
    if current.exists():
        _finish(current)
    _forget_redis(settings)
    draft.rename(current)
    sync(current.parent)
    shutil.rmtree(settings.data_dir / f"{_REDIS_FILES}.old", ignore_errors=True)


def _finish(current: Path) -> None:
    """Make the old database one file; one that is damaged is set aside, in all its parts."""
    try:
        database.make_one_file(current)
    except sqlite3.OperationalError as error:
        raise BackupError(f"a program uses {current} ({error}): stop it first") from None
    except sqlite3.DatabaseError:
        for suffix in _BESIDE_DATABASE:
            part = Path(f"{current}{suffix}")
            if part.exists():
                part.rename(f"{current}.damaged{suffix}")
        aside = Path(f"{current}.damaged")
        _remove(aside)
        os.link(current, aside)
    sync(current.parent)


def _forget_redis(settings: Settings) -> None:
    """Let no key record, mark, window or job of another time be used."""
    if not settings.is_embedded_redis:
        try:
            with redis.Redis.from_url(settings.redis_url, socket_timeout=_REDIS_SECONDS) as client:
                for name in client.scan_iter("anthyx:*", count=1000):
                    client.delete(name)
        except RedisError as error:
            raise BackupError(
                f"Redis does not answer ({type(error).__name__}), and must forget what it knows "
                "of the old database: see ANTHYX_REDIS_URL"
            ) from None
        return
    files = settings.data_dir / _REDIS_FILES
    if files.exists():
        # Renamed first: half of these files would be worse than none.
        shutil.rmtree(files.with_name(f"{_REDIS_FILES}.old"), ignore_errors=True)
        files.rename(files.with_name(f"{_REDIS_FILES}.old"))
        sync(settings.data_dir)


def _remove(draft: Path) -> None:
    for suffix in ("", *_BESIDE_DATABASE):
        Path(f"{draft}{suffix}").unlink(missing_ok=True)
