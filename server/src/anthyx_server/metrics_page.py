"""The page that Prometheus reads, on an address of its own."""

from __future__ import annotations

import fcntl
import logging
import os
import socket
import socketserver
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from anthyx_server.config import ConfigurationError, Settings
from anthyx_server.metrics import BROKEN, forget_the_dead

log = logging.getLogger(__name__)

_TIMEOUT_SECONDS = 10
_ATTEMPTS = 5
_RETRY_SECONDS = 0.05


@contextmanager
def exposed(settings: Settings) -> Iterator[None]:
    """Serve the page while the block runs, where `ANTHYX_METRICS_BIND` asks for one.

    Of the processes that share a data directory the first one does: `serve` before its parts.

    Raises:
        ConfigurationError: the address is in use, or not ours to use.
    """
    if settings.metrics_bind is None:
        yield
        return
    directory = settings.metrics_dir
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (directory / "page.lock").open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield
            return
        forget_the_dead(directory)
        with _listening(settings.metrics_bind, directory) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            owner = os.getpid()
            try:
                yield
            finally:
                if os.getpid() == owner:  # a fork has no thread to wait for
                    server.shutdown()


class _Server(socketserver.ThreadingTCPServer):
    """Answers each reader in a thread."""

    allow_reuse_address = True
    daemon_threads = True
    directory: Path

    def handle_error(self, _request: Any, _address: Any) -> None:
        """Say in one line that a reader went away, or that a file could not be read."""
        log.warning("metrics: a reader was not answered (%s)", sys.exc_info()[0])


def _listening(address: tuple[str, int], directory: Path) -> _Server:
    host, port = address
    try:
        family, *_, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        kind = type("_Server", (_Server,), {"address_family": family, "directory": directory})
        server: _Server = kind(where, _Page)
    except OSError as error:
        raise ConfigurationError(
            f"ANTHYX_METRICS_BIND: cannot listen on {host}:{port}: {error.strerror}"
        ) from None
    return server


def _collect(directory: Path) -> bytes:
    """What all processes counted together; a file that is just being made is read again.

    Raises:
        Exception: one of `BROKEN`, for a file that stays unreadable.
    """
    for attempt in range(_ATTEMPTS):
        registry = CollectorRegistry()
        MultiProcessCollector(registry, str(directory))  # type: ignore[no-untyped-call]
        try:
            return generate_latest(registry)
        except BROKEN:
            if attempt == _ATTEMPTS - 1:
                raise
            time.sleep(_RETRY_SECONDS)
    raise AssertionError


class _Page(BaseHTTPRequestHandler):
    """GET /metrics."""

    timeout = _TIMEOUT_SECONDS
    server_version = "Anthyx"
    sys_version = ""
    server: _Server

    def do_GET(self) -> None:
        """Answer with what all processes counted together."""
        if self.path.partition("?")[0] != "/metrics":
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        try:
            body = _collect(self.server.directory)
        except BROKEN:
            self.send_error(HTTPStatus.SERVICE_UNAVAILABLE)
            return
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", CONTENT_TYPE_LATEST)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: Any) -> None:
        """Log nothing: it is read every few seconds."""
