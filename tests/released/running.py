"""An `anthyx-server` as an operator starts it, and keys of it, by its commands alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.support.ports import free_port

_SECONDS = 60.0


@dataclass(frozen=True)
class Server:
    """A running server; `base_url` is what clients are given."""

    base_url: str
    data_dir: Path

    def new_key(self) -> str:
        """The first key of a new workspace."""
        words = ["workspaces", "create", "A", "--plan", "starter", "--owner", "a@b.example"]
        command = [*_program(), *words, "--json", "--data-dir", str(self.data_dir)]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        token: str = json.loads(told)["api_key"]["secret"]
        return token


def _program() -> list[str]:
    return [str(Path(sys.executable).with_name("anthyx-server"))]


@contextmanager
def running_server(data_dir: Path) -> Iterator[Server]:
    """Start it, wait until it answers, and end it with the block."""
    port = free_port()
    command = [*_program(), "serve", "--port", str(port), "--workers", "1"]
    environ = {name: text for name, text in os.environ.items() if not name.startswith("ANTHYX_")}
    log = data_dir.with_suffix(".log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--data-dir", str(data_dir)], env=environ, stdout=output, stderr=output
        )
    try:
        _await(f"http://127.0.0.1:{port}/healthz", process, log)
        yield Server(f"http://127.0.0.1:{port}/v1", data_dir)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(_SECONDS)


def _await(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError), urllib.request.urlopen(url, timeout=2):
            return
        time.sleep(0.05)
    raise RuntimeError(f"the server did not start: {log.read_text()}")
