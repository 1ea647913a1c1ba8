"""The SDK beside raw `requests` and, where they can be had, beside stripe and openai."""

from __future__ import annotations

import importlib.util
import os
import socket
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench import sdk_calls, sdk_server
from tests.support.scratch import scratch_directory

_CORES = sorted(os.sched_getaffinity(0))
_PEERS = ("stripe", "openai")
_BASES = {"anthyx-async": "httpx", "httpx": "httpx"}  # the raw one, where that isn't requests
_IMPORTS = {
    "requests": "import requests",
    "anthyx": "from anthyx import Anthyx; Anthyx('k')",
    "anthyx, async": "from anthyx import AsyncAnthyx; AsyncAnthyx('k')",
    "anthyx.webhooks": "import anthyx.webhooks",
    "stripe": "import stripe",
    "openai": "import openai",
}
_TIMED = "import time; began = time.perf_counter(); {}; print(time.perf_counter() - began)"
_HAS_WEBHOOKS = importlib.util.find_spec("anthyx.webhooks") is not None


def table(rounds: int, seconds: float) -> str:
    """Measure, and set the two tables."""
    with scratch_directory() as directory, _serving() as url:
        peers = _install_peers(directory)
        pythons = dict.fromkeys(("requests", "anthyx", "httpx", "anthyx-async"), sys.executable)
        pythons |= {name: str(peers) for name in _PEERS if peers is not None}
        calls = _calls_table(pythons, url, rounds, seconds)
        imports = _import_table(pythons, max(rounds * 3, 9))
    missing = [] if peers else ["", "stripe and openai could not be installed: no index to ask."]
    return "\n".join([calls, "", imports, *missing])


def _install_peers(directory: Path) -> Path | None:
    """A Python of its own that has the peers; None if they can't be had."""
    uv, python = str(Path(sys.executable).with_name("uv")), directory / "peers" / "bin" / "python"
    for words in (
        ["venv", "--quiet", "--python", sys.executable, str(directory / "peers")],
        ["pip", "install", "--quiet", "--python", str(python), "requests", *_PEERS],
    ):
        if subprocess.run([uv, *words], check=False).returncode:
            return None
    return python


@contextmanager
def _serving() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        fd, port = listener.fileno(), listener.getsockname()[1]
        process = subprocess.Popen(
            [sys.executable, sdk_server.__file__, str(fd), str(_CORES[0])],
            pass_fds=(fd,),
        )
    try:
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(10)


def _printed(*words: str) -> list[float]:
    """The numbers that a program prints."""
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    return [float(each) for each in done.stdout.split()]


def _calls_table(pythons: dict[str, str], url: str, rounds: int, seconds: float) -> str:
    found: dict[str, list[list[float]]] = {name: [] for name in pythons}
    for _ in range(rounds):
        for name, python in pythons.items():
            words = (sdk_calls.__file__, name, url, str(seconds), str(_CORES[-1]))
            found[name].append(_printed(python, *words))
    lines = [
        "| client | calls/s | CPU µs per call | calls/s of the raw one's | its CPU |",
        "|---|--:|--:|--:|--:|",
    ]
    for name, own in found.items():
        raw = found[_BASES.get(name, "requests")]
        rate, cpu = (statistics.median(each) for each in zip(*own, strict=True))
        faster, cheaper = (
            statistics.median(one[n] / other[n] for one, other in zip(own, raw, strict=True))
            for n in (0, 1)
        )
        lines.append(f"| {name} | {rate:,.0f} | {cpu * 1e6:.0f} | {faster:.2f} | {cheaper:.2f} |")
    return "\n".join(lines)


def _import_table(pythons: dict[str, str], rounds: int) -> str:
    times: dict[str, list[float]] = {}
    for _ in range(rounds):
        for name, statement in _IMPORTS.items():
            python = pythons.get(name, sys.executable)
            if name in _PEERS and name not in pythons:
                continue
            if name == "anthyx.webhooks" and not _HAS_WEBHOOKS:
                continue
            times.setdefault(name, []).extend(_printed(python, "-c", _TIMED.format(statement)))
    medians = {name: statistics.median(found) * 1e3 for name, found in times.items()}
    lines = ["| import | ms | over requests |", "|---|--:|--:|"]
    lines += (
        f"| {name} | {found:.1f} | {found - medians['requests']:+.1f} |"
        for name, found in medians.items()
    )
    return "\n".join(lines)
