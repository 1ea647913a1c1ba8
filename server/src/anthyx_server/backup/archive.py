"""The file of a backup: a zip with the database and a manifest that says what it must hold."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from anthyx_server.backup.errors import BackupError

FORMAT = 1
DATABASE = "anthyx.db"
_MANIFEST = "manifest.json"
_MOST_MANIFEST_BYTES = 100_000
_CHUNK_BYTES = 1 << 20
# What is packed once and read back rarely had better be quick.
_COMPRESSION_LEVEL = 1

Advance = Callable[[int], object]


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself.

    `created_at` is RFC 3339; `size` counts the database's bytes, `sha256` is over them;
    `fingerprints` tell which secrets it was made with, `salt` goes into them.
    """

    product_version: str
    schema_revision: str
    created_at: str
    size: int
    sha256: str
    salt: str
    fingerprints: dict[str, str]


def pack(database: Path, file: Path, describe: Callable[[str], Manifest], advance: Advance) -> None:
    """Write the archive; `describe` makes the manifest once the database's SHA-256 is known."""
    digest = hashlib.sha256()
    options: dict[str, Any] = {"compresslevel": _COMPRESSION_LEVEL}
    with zipfile.ZipFile(file, "x", zipfile.ZIP_DEFLATED, **options) as archive:
        with database.open("rb") as source, archive.open(DATABASE, "w", force_zip64=True) as to:
            while chunk := source.read(_CHUNK_BYTES):
                digest.update(chunk)
                to.write(chunk)
                advance(len(chunk))
        manifest = {"format": FORMAT} | asdict(describe(digest.hexdigest()))
        archive.writestr(_MANIFEST, json.dumps(manifest, indent=2))


def read_manifest(file: Path) -> Manifest:
    """What an archive says of itself.

    Raises:
        BackupError: it is no backup, or one of a newer version.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            # Nothing is ever unpacked by the name that an archive gives it.
            if sorted(archive.namelist()) != [DATABASE, _MANIFEST]:
                raise _damaged(file)
            with archive.open(_MANIFEST) as source:
                kept = json.loads(source.read(_MOST_MANIFEST_BYTES))
    except OSError as error:
        raise BackupError(f"cannot read {file}: {error.strerror or error}") from None
    except _BROKEN:
        raise _damaged(file) from None
    return _checked(file, kept)


def unpack(file: Path, manifest: Manifest, to: Path, advance: Advance) -> None:
    """Write the archive's database to a file.

    Raises:
        BackupError: it is damaged, or does not fit on the disk.
    """
    if manifest.size > shutil.disk_usage(to.parent).free:
        raise BackupError(f"the backup's {manifest.size:,} bytes do not fit beside {to.name}")
    try:
        with (
            zipfile.ZipFile(file) as archive,
            archive.open(DATABASE) as source,
            to.open("wb") as sink,
        ):
            _copy(source, sink, manifest, advance)
    except (*_BROKEN, _DigestError):
        raise _damaged(file) from None
    except OSError as error:
        raise BackupError(f"cannot unpack {file}: {error.strerror or error}") from None


# What zipfile and json raise where bytes are not what they should be.
_BROKEN = (
    zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, RecursionError,
    NotImplementedError, RuntimeError,
)  # fmt: skip


class _DigestError(Exception):
    """The bytes are not those that were packed."""


def _copy(source: IO[bytes], sink: IO[bytes], manifest: Manifest, advance: Advance) -> None:
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(_CHUNK_BYTES):
        size += len(chunk)
        if size > manifest.size:
            raise _DigestError
        digest.update(chunk)
        sink.write(chunk)
        advance(len(chunk))
    if (size, digest.hexdigest()) != (manifest.size, manifest.sha256):
        raise _DigestError


def _checked(file: Path, kept: Any) -> Manifest:
    if not isinstance(kept, dict) or not isinstance(kept.get("format"), int):
        raise _damaged(file)
    if kept["format"] > FORMAT:
        raise BackupError(f"{file} was made by a newer version: update anthyx-server first")
    del kept["format"]
    texts = ("product_version", "schema_revision", "created_at", "sha256", "salt")
    prints = kept.get("fingerprints")
    if (
        set(kept) != set(Manifest.__dataclass_fields__)
        or not all(isinstance(kept[name], str) for name in texts)
        or not isinstance(kept["size"], int)
        or not isinstance(prints, dict)
        # They are printed: nothing that an archive brings may move a terminal's cursor.
        or not all(re.fullmatch(r"[A-Za-z0-9_ -]{1,64}", name) for name in prints)
        or not re.fullmatch(r"[A-Za-z0-9_]{1,32}", kept["schema_revision"])
    ):
        raise _damaged(file)
    return Manifest(**kept)


def _damaged(file: Path) -> BackupError:
    return BackupError(f"{file} is no whole backup: it is damaged, cut short or something else")
