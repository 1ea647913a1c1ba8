"""Making a backup of a deployment, running or not."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

from anthyx_server import clock
from anthyx_server.backup import archive, database, fingerprints, sealed
from anthyx_server.backup.errors import BackupError
from anthyx_server.backup.files import drafts_beside, publish, refuse_existing
from anthyx_server.config import Settings
from anthyx_server.version import product_version

# Called with what is being done, how much of it is done, and how much there is.
Progress = Callable[[str, int, int], object]


def back_up(
    settings: Settings, file: Path, passphrase: str | None, progress: Progress
) -> archive.Manifest:
    """Write what is committed now to a new file; with a passphrase the secrets to a second one.

    Raises:
        BackupError: a file exists, or can't be written; the database is not embedded or damaged.
    """
    source = database.path_of(settings)
    secrets_file = sealed.path_beside(file)
    if passphrase is not None:
        refuse_existing(secrets_file)
        if len(passphrase) < sealed.SHORTEST_PASSPHRASE:
            shortest = sealed.SHORTEST_PASSPHRASE
            raise BackupError(f"the passphrase must have at least {shortest} characters")
    with drafts_beside(file) as drafts:
        manifest = _pack(settings, source, drafts, progress)
        # The secrets first: a backup that is there has all that belongs to it.
        if passphrase is not None:
            sealed.write(secrets_file, drafts, settings, passphrase)
        publish(drafts / "archive", file)
    return manifest


def _pack(settings: Settings, source: Path, drafts: Path, progress: Progress) -> archive.Manifest:
    copied = drafts / archive.DATABASE
    created_at = clock.now()
    revision = database.copy(source, copied, lambda done, all_: progress("Copying", done, all_))
    size = copied.stat().st_size
    salt = secrets.token_hex(16)
    packed = 0
    made: list[archive.Manifest] = []

    def describe(sha256: str) -> archive.Manifest:
        made.append(
            archive.Manifest(
                product_version=product_version(),
                schema_revision=revision,
                created_at=clock.rfc3339(created_at),
                size=size,
                sha256=sha256,
                salt=salt,
                fingerprints=fingerprints.of(settings, salt),
            )
        )
        return made[0]

    def advance(count: int) -> None:
        nonlocal packed
        packed += count
        progress("Packing", packed, size)

    archive.pack(copied, drafts / "archive", describe, advance)
    return made[0]
