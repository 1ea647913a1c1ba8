"""What deliveries are sent to: nginx where there is one, else a small server of our own."""

from __future__ import annotations

import functools
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from anthyx_server import leash
from tests.support.apps import wait_until
from tests.support.ports import free_port

HOSTS = 50
_START_SECONDS = 10.0
_CONFIGURATION = """
daemon off; master_process off; pid {directory}/nginx.pid; error_log {directory}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 100000000; client_max_body_size 1m;
  client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi; uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
  server {{ {listens} location / {{ return 204; }} }}
}}
"""


def nginx() -> str | None:
    """The program, also where it is on no ordinary user's path."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def name() -> str:
    """What the table says of the receiver."""
    return "nginx" if nginx() else "a receiver in Python"


@contextmanager
def open_receiver(directory: Path) -> Iterator[list[str]]:
    """A receiver that answers 204; its URLs, each on a host of its own."""
    port = free_port()
    hosts = [f"127.0.0.{number}" for number in range(1, HOSTS + 1)]
    program = nginx()
    if program is None:
        command = [sys.executable, "-m", "tests.bench.accepting", str(port), *hosts]
    else:
        listens = " ".join(f"listen {host}:{port};" for host in hosts)
        configuration = directory / "nginx.conf"
        configuration.write_text(
            _CONFIGURATION.format(directory=directory, listens=listens), encoding="ascii"
        )
        command = [program, "-c", str(configuration), "-p", str(directory)]
    process = subprocess.Popen(
        [sys.executable, leash.__file__, str(os.getpid()), *command], stderr=subprocess.DEVNULL
    )
    try:
        wait_until(functools.partial(_listens, port), _START_SECONDS)
        yield [f"http://{host}:{port}/hook" for host in hosts]
    finally:
        process.terminate()
        process.wait(_START_SECONDS)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
